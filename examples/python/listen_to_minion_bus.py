#!/usr/bin/env python3
"""Prints events of a minion's bus: listen_to_minion_bus.py SOCK_DIR ID [TAG]"""

import json
import sys

from salt_bus import Bus, Gap

sock_dir, minion_id = sys.argv[1:3]
tag = sys.argv[3] if len(sys.argv) > 3 else 'mytag'

with Bus(sock_dir, minion_id) as bus:
    events = bus.listen(tag)
    print("Listening for events tagged '%s' on the bus of %s." % (tag, minion_id), file=sys.stderr, flush=True)
    try:
        for event in events:
            if isinstance(event, Gap):
                print('%d events were lost' % event.dropped, file=sys.stderr)
            else:
                print(json.dumps(event.data, ensure_ascii=False), flush=True)
    except KeyboardInterrupt:
        pass
