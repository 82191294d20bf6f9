#!/usr/bin/env python3
"""Fires an event on the master's bus: emit_to_master_bus.py SOCK_DIR [TAG]"""

import sys

from salt_bus import Bus

sock_dir = sys.argv[1] if len(sys.argv) > 1 else '/var/run/salt/master'
tag = sys.argv[2] if len(sys.argv) > 2 else 'mytag'

with Bus(sock_dir) as bus:
    bus.fire(tag, {'sample-msg': 'this is a test', 'example': 'this is the same test'})
