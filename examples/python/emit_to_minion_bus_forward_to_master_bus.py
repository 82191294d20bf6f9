#!/usr/bin/env python3
"""Fires events on a minion's bus that the minion hands on to its master.

emit_to_minion_bus_forward_to_master_bus.py SOCK_DIR ID [TAG]
"""

import sys

from salt_bus import Bus

sock_dir, minion_id = sys.argv[1:3]
tag = sys.argv[3] if len(sys.argv) > 3 else 'mytag'

words = ('drap', 'drep', 'drip', 'drop', 'drup')

# Each event carries its own tag, beside its data.
events = [{'tag': tag, 'data': {'message': 'a %s in the bucket' % word}} for word in words]

with Bus(sock_dir, minion_id) as bus:
    bus.fire('fire_master', {'id': minion_id, 'events': events, 'tag': None, 'pretag': None, 'data': None})
