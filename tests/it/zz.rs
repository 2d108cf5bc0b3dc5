//! x
use wayline_compiler::{diagnostic::Diagnostics, source::SourceMap, syntax};
#[test]
fn zz() {
    let mut files: Vec<_> = std::fs::read_dir(&std::env::var("ZZ").unwrap_or("/tmp/b".into())).unwrap().flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "way")).collect();
    files.sort();
    for p in files {
        let mut s = SourceMap::new();
        let mut d = Diagnostics::new();
        let t0 = std::time::Instant::now();
        let f = syntax::load(&mut s, &p.file_name().unwrap().to_string_lossy(), &std::fs::read(&p).unwrap(), &mut d);
        let tree = syntax::parse(&s, f, &mut d);
        let t = t0.elapsed();
        let out = d.render_plain(&s);
        println!("{}\n=== {} {} decls {} diags {:?}", if out.len() > 600 { &out[..out.floor_char_boundary(600)] } else { &out }, p.display(), tree.decls.len(), d.len(), t);
    }
}
#[test]
fn yy() {
    use wayline_grammar::{Parser, Rule, WaylineParser};
    for n in ["big", "and", "or", "elseif"] {
        let t = std::fs::read_to_string(format!("/tmp/b2/{n}.way")).unwrap();
        let t0 = std::time::Instant::now();
        let p = WaylineParser::parse(Rule::file, &t).unwrap();
        println!("{n} pest {:?} {}", t0.elapsed(), p.count());
        let t0 = std::time::Instant::now();
        let mut s = SourceMap::new();
        let mut d = Diagnostics::new();
        let f = s.add("x", t);
        let _ = syntax::parse(&s, f, &mut d);
        println!("{n} all {:?}", t0.elapsed());
    }
}
