#!/usr/bin/env python3
"""Fires an event on a minion's bus: emit_to_minion_bus.py SOCK_DIR ID [TAG]"""

import sys

from salt_bus import Bus

sock_dir, minion_id = sys.argv[1:3]
tag = sys.argv[3] if len(sys.argv) > 3 else 'mytag'

with Bus(sock_dir, minion_id) as bus:
    bus.fire(tag, {'id': minion_id, 'tag': tag, 'data': {'message': 'a drop in the bucket'}})
