#!/usr/bin/env python3
"""The cart events of the generator (csv: ts_ms,user,item,event) as JSON lines of the Segment spec, on standard output."""
import datetime as dt
import sys

with open(sys.argv[1]) as events:
    for number, line in enumerate(events):
        ts, user, item, event = line.rstrip("\n").split(",")
        at = dt.datetime.fromtimestamp(int(ts) // 1000, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        print(
            f'{{"type":"track","messageId":"m{number}","userId":"u{user}","event":"{event}",'
            f'"timestamp":"{at}.{int(ts) % 1000:03}Z","properties":{{"item":"i{item}"}}}}'
        )
