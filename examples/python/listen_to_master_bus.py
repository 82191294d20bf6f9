#!/usr/bin/env python3
"""Prints events of the master's bus: listen_to_master_bus.py SOCK_DIR [TAG]"""

import json
import sys

from salt_bus import Bus, Gap

sock_dir = sys.argv[1] if len(sys.argv) > 1 else '/var/run/salt/master'
tag = sys.argv[2] if len(sys.argv) > 2 else 'mytag'

with Bus(sock_dir) as bus:
    events = bus.listen(tag)
    print("Listening for events tagged '%s' on the master's bus." % tag, file=sys.stderr, flush=True)
    try:
        for event in events:
            if isinstance(event, Gap):
                print('%d events were lost' % event.dropped, file=sys.stderr)
            else:
                print(json.dumps(event.data, ensure_ascii=False), flush=True)
    except KeyboardInterrupt:
        pass
