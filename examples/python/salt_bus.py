"""The local event bus of a master or a minion, for Python 3.8 and newer.

Needs pyzmq and PyNaCl (Debian: python3-zmq, python3-nacl) and nothing else. It speaks the protocol that
docs/wire-protocol.md describes, up to "Events". Copy this file beside your own program:

    with Bus('/var/run/salt/master') as bus:
        bus.fire('my/tag', {'message': 'hello'})
        for event in bus.listen('my/'):
            print(event.tag, event.data)

A bus object belongs to one thread. It answers the daemon while it listens or waits for an answer: one that has not been used
for a minute is to be opened anew.
"""

import hashlib
import hmac
import os
import stat
import struct
import time
from collections import deque
from typing import Any, Dict, Iterator, NamedTuple, Optional, Union

import zmq
from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt as aead_open,
    crypto_aead_chacha20poly1305_ietf_encrypt as aead_seal,
)
from nacl.exceptions import CryptoError
from zmq.utils.monitor import recv_monitor_message

DATA, CONTROL, BULK, HELLO, HELLO_ANSWER = 5, 6, 7, 16, 17
HEADER = struct.Struct('>2sBB4sQQ')
MAGIC = b'\x5a\x17'
LARGEST_FRAME = 1024 * 1024 + 64
LARGEST_INLINE = CHUNK = 256 * 1024
LARGEST_RECORD = 80 * 1024 * 1024
DEEPEST = 96
CHUNKS_ON_THE_WAY = 4
TELL_TAKEN_AFTER = 65536
TAKEN_EXTRA = 1024
PING_AFTER, LOST_AFTER = 30.0, 75.0
REKEY_AFTER = 4 * 3600.0


class Event(NamedTuple):
    tag: str
    data: Dict[str, Any]
    seq: int


class Gap(NamedTuple):
    """`dropped` events are missing before the next one, whose number is greater than `seq`.

    `restarted`: the daemon was started anew since the event that `listen` was to begin behind.
    """

    dropped: int
    seq: int
    restarted: bool


class BusError(Exception):
    """`code` is one of the words of docs/reference/error-codes.md."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def master_socket(sock_dir: str) -> str:
    return os.path.join(sock_dir, 'master_bus.ipc')


def minion_socket(sock_dir: str, minion_id: str) -> str:
    digest = hashlib.sha256(minion_id.encode()).hexdigest()
    return os.path.join(sock_dir, 'minion_%s_bus.ipc' % digest[:10])


def read_key(path: str) -> bytes:
    """Refuses a key that others may read: whoever has it is the master's owner."""
    try:
        with open(path, 'rb') as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(33)
    except OSError as error:
        raise BusError('session-closed', 'the bus key cannot be read, is the daemon running? %s' % error) from error
    if stat.S_IMODE(mode) & 0o077:
        raise BusError('key-permissions', '%s may be read by others' % path)
    if len(key) != 32:
        raise BusError('key-invalid', '%s does not have 32 bytes' % path)
    return key


class Bus:
    """A connection to the bus of a master, or with `minion_id` to that of a minion."""

    def __init__(self, sock_dir: str, minion_id: Optional[str] = None, timeout: float = 5.0):
        self._path = master_socket(sock_dir) if minion_id is None else minion_socket(sock_dir, minion_id)
        self._timeout = timeout
        bus_key = read_key(os.path.join(sock_dir, 'bus.key'))
        if not os.path.exists(self._path):
            raise BusError('session-closed', 'no daemon listens on %s' % self._path)
        if len(os.fsencode(self._path)) > 107:
            raise BusError('usage', 'the path of a socket has 107 bytes at most: %s' % self._path)
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self._socket.setsockopt(zmq.LINGER, 1000)
        self._socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_FRAME)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED)
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        self._calls: Dict[int, deque] = {}
        self._next_rid = 1
        #: Names the run of the daemon, once there was a `listen`: numbers of two runs have nothing to do with one another.
        self.instance: Optional[str] = None
        self._closed: Optional[BusError] = None
        try:
            self._socket.connect('ipc://' + self._path)
            self._greet(bus_key)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> 'Bus':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket.closed:
            return
        if self._closed is None and getattr(self, '_proven', False):
            self._control({'kind': 'close', 'code': 'closed', 'message': ''})
        self._socket.disable_monitor()
        self._monitor.close()
        self._socket.close()
        self._context.term()

    def fire(self, tag: str, data: Dict[str, Any]) -> None:
        """Returns when the daemon has taken the event."""
        self.call('fire', {'tag': tag, 'data': data})

    def call(self, method: str, params: Any) -> Any:
        """One answer of a method, for which `timeout` seconds are waited."""
        rid = self._ask(method, params)
        record = self._next_record(rid, time.monotonic() + self._timeout)
        self._forget(rid, record)
        if record is None:
            raise BusError('timeout', '%s was not answered within %s s' % (method, self._timeout))
        return self._value(record)

    def listen(
        self,
        pattern: str = '',
        match: str = 'startswith',
        since: Optional[int] = None,
        instance: Optional[str] = None,
        wait: Optional[float] = None,
    ) -> Iterator[Union[Event, Gap]]:
        """Yields events until nothing matched for `wait` seconds; without `wait` as long as the daemon lives.

        The subscription is active when this returns: events fired from then on are not missed. To resume, give the `seq` of
        the last event that you have dealt with as `since`, and what `self.instance` was then as `instance`.
        """
        params = {'pattern': pattern, 'match': match}
        if since is not None:
            params['since'] = since
        if instance is not None:
            params['instance'] = instance
        rid = self._ask('subscribe', params)
        # The first item is an empty list of events: from now on nothing is missed.
        first = self._next_record(rid, time.monotonic() + self._timeout)
        if first is None or first['kind'] != 'item':
            self._forget(rid, first)
            if first is not None:
                self._value(first)
            raise BusError('timeout', 'the subscription was not confirmed within %s s' % self._timeout)
        self.instance = first['value'].get('instance')
        return self._events(rid, first, wait)

    def _events(self, rid: int, record: Optional[dict], wait: Optional[float]) -> Iterator[Union[Event, Gap]]:
        held = {}
        number = 0
        try:
            while record is not None and record['kind'] == 'item':
                # A large item may be overtaken by small ones.
                held[record['number']] = record['value']
                while number in held:
                    value = held.pop(number)
                    number += 1
                    if 'gap' in value:
                        gap = value['gap']
                        yield Gap(gap['dropped'], gap['seq'], gap.get('restarted', False))
                    for event in value.get('events', ()):
                        yield Event(event['tag'], event['data'], event['seq'])
                record = self._next_record(rid, None if wait is None else time.monotonic() + wait)
            if record is not None:
                self._value(record)
        finally:
            self._forget(rid, record)

    @staticmethod
    def _value(record: dict) -> Any:
        if record['kind'] == 'failure':
            raise BusError(record['error']['code'], record['error']['message'])
        return record.get('value')

    def _ask(self, method: str, params: Any) -> int:
        rid, self._next_rid = self._next_rid, self._next_rid + 1
        self._calls[rid] = deque()
        self._send({'kind': 'call', 'rid': rid, 'method': method, 'params': params})
        return rid

    def _next_record(self, rid: int, deadline: Optional[float]) -> Optional[dict]:
        """The next record of this call; None at the deadline."""
        records = self._calls[rid]
        while not records:
            if not self._receive(deadline):
                return None
        return records.popleft()

    def _forget(self, rid: int, last: Optional[dict]) -> None:
        """Nobody waits for this call any more; the daemon goes on with it unless `last` was its end."""
        self._calls.pop(rid, None)
        is_over = last is not None and last['kind'] in ('result', 'failure')
        if not is_over and self._closed is None and not self._socket.closed:
            self._send({'kind': 'cancel', 'rid': rid})

    def _keep(self, record: Any) -> None:
        """Those of calls that are over are left out."""
        if isinstance(record, dict) and record.get('rid') in self._calls:
            self._calls[record['rid']].append(record)

    def _greet(self, bus_key: bytes) -> None:
        client_random = os.urandom(32)
        self._socket.send(HEADER.pack(MAGIC, 1, HELLO, bytes(4), 0, 0) + client_random)
        deadline = time.monotonic() + self._timeout
        answer = b''
        while len(answer) != HEADER.size + 32 or answer[3] != HELLO_ANSWER:
            answer = self._next_frame(deadline)
            if answer is None:
                raise BusError('timeout', 'no daemon answers on %s' % self._path)
        self._session = HEADER.unpack_from(answer)[4]
        self._derive(bus_key, client_random + answer[HEADER.size :])
        self._bulk_number = 0
        self._bulk_in = None
        self._credit = CHUNKS_ON_THE_WAY
        self._taken = self._told = 0
        self._sent_at = self._heard_at = self._rekeyed_at = time.monotonic()
        self._proven = False
        # The daemon's ping proves that it holds the key; the pong proves the same to the daemon.
        while not self._proven:
            if not self._receive(deadline):
                raise BusError('timeout', 'the daemon has not proved that it holds the bus key')

    def _derive(self, bus_key: bytes, salt: bytes) -> None:
        session_hash = hashlib.sha256(salt).digest()

        def keys(direction: str) -> Dict[str, bytes]:
            secret = hkdf(bus_key, salt, b'salt bus %s v1' % direction.encode())
            return {use: hkdf(secret, session_hash, b'salt session %s v1' % use.encode()) for use in ('control', 'bulk')}

        self._send_keys, self._receive_keys = keys('client to server'), keys('server to client')
        self._send_counters, self._receive_counters = ({'control': 0, 'bulk': 0} for _ in range(2))

    # Frames out.

    def _send(self, record: dict) -> None:
        self._assert_open()
        packed = pack(record)
        if len(packed) <= LARGEST_INLINE:
            return self._seal(DATA, struct.pack('>I', len(packed)) + packed)
        self._bulk_number += 1
        for offset in range(0, len(packed), CHUNK):
            while self._credit == 0:
                self._receive(None)
            self._credit -= 1
            head = struct.pack('>III', self._bulk_number, len(packed), offset)
            self._seal(BULK, head + packed[offset : offset + CHUNK])

    def _control(self, message: dict) -> None:
        self._seal(CONTROL, pack(message))

    def _seal(self, kind: int, body: bytes) -> None:
        use = 'bulk' if kind == BULK else 'control'
        counter = self._send_counters[use]
        self._send_counters[use] = counter + 1
        header = HEADER.pack(MAGIC, 1, kind, bytes(4), self._session, counter)
        self._socket.send(header + aead_seal(body, header, nonce(counter), self._send_keys[use]))
        self._sent_at = time.monotonic()

    # Frames in.

    def _receive(self, deadline: Optional[float]) -> bool:
        """Takes one frame, or does what is due. False at the deadline."""
        self._assert_open()
        due = self._sent_at + PING_AFTER
        frame = self._next_frame(due if deadline is None else min(due, deadline))
        now = time.monotonic()
        if frame is not None:
            self._take(frame)
            return True
        if now - self._heard_at > LOST_AFTER:
            self._end('lost', 'the daemon does not answer any more')
        if now - self._rekeyed_at > REKEY_AFTER:
            self._control({'kind': 'rekey'})
            self._rekeyed_at, self._send_keys = now, rekeyed(self._send_keys)
        if now >= due:
            self._control({'kind': 'ping', 'number': 0})
        return deadline is None or now < deadline

    def _next_frame(self, deadline: float) -> Optional[bytes]:
        wait = max(0, int((deadline - time.monotonic()) * 1000))
        ready = dict(self._poller.poll(wait))
        if self._socket in ready:
            return self._socket.recv()
        if self._monitor in ready:
            recv_monitor_message(self._monitor)
            self._end('lost', 'the daemon has gone')
        return None

    def _take(self, frame: bytes) -> None:
        if len(frame) < HEADER.size:
            return
        magic, version, kind, _flags, session, counter = HEADER.unpack_from(frame)
        if (magic, version, session) != (MAGIC, 1, self._session) or kind not in (DATA, CONTROL, BULK):
            return
        use = 'bulk' if kind == BULK else 'control'
        try:
            body = aead_open(frame[HEADER.size :], frame[: HEADER.size], nonce(counter), self._receive_keys[use])
        except CryptoError:
            if not self._proven:
                self._end('key-invalid', 'the bus key is not the one that the daemon uses')
            return
        if counter != self._receive_counters[use]:
            self._end('replay', 'a frame came twice or is missing')
        self._receive_counters[use] += 1
        self._heard_at = time.monotonic()
        if kind == CONTROL:
            self._obey(unpack(body))
        elif kind == BULK:
            self._chunk(body)
        else:
            self._records_of(body)

    def _records_of(self, body: bytes) -> None:
        at = 0
        while at < len(body):
            (length,) = struct.unpack_from('>I', body, at)
            self._keep(unpack(body[at + 4 : at + 4 + length]))
            at += 4 + length
        # Told, so that the daemon does not leave events out.
        self._taken += len(body) + TAKEN_EXTRA
        if self._taken - self._told >= TELL_TAKEN_AFTER:
            self._told = self._taken
            self._control({'kind': 'taken', 'bytes': self._taken})

    def _chunk(self, body: bytes) -> None:
        number, length, offset = struct.unpack_from('>III', body)
        if offset == 0 and length <= LARGEST_RECORD:
            self._bulk_in = (number, length, bytearray())
        if self._bulk_in is None or (number, length, offset) != (*self._bulk_in[:2], len(self._bulk_in[2])):
            self._end('bad-frame', 'a chunk does not follow the one before')
        parts = self._bulk_in[2]
        parts += body[12:]
        self._control({'kind': 'credit', 'chunks': 1})
        if len(parts) == length:
            self._bulk_in = None
            self._keep(unpack(bytes(parts)))

    def _obey(self, message: dict) -> None:
        kind = message.get('kind')
        if kind == 'ping':
            self._proven = True
            self._control({'kind': 'pong', 'number': message['number']})
        elif kind == 'credit':
            self._credit += message['chunks']
        elif kind == 'rekey':
            self._receive_keys = rekeyed(self._receive_keys)
        elif kind == 'close':
            self._end(message['code'], 'the daemon ended the session: %s' % message['message'])
        elif kind not in ('pong', 'taken'):
            self._end('bad-frame', 'an unknown control message')

    def _end(self, code: str, message: str) -> None:
        known = code in ('key-invalid', 'bad-frame')
        self._closed = BusError(code if known else 'session-closed', message)
        raise self._closed

    def _assert_open(self) -> None:
        if self._closed is not None:
            raise self._closed


def nonce(counter: int) -> bytes:
    return bytes(4) + struct.pack('<Q', counter)


def rekeyed(keys: Dict[str, bytes]) -> Dict[str, bytes]:
    return {use: aead_seal(bytes(32), None, bytes(4) + b'\xff' * 8, key)[:32] for use, key in keys.items()}


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, 32 bytes: one round is all that takes."""
    extracted = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b'\x01', hashlib.sha256).digest()


# msgpack, as far as the protocol uses it.


def pack(value: Any) -> bytes:
    out = bytearray()
    _pack(value, out, 0)
    return bytes(out)


def _pack(value: Any, out: bytearray, depth: int) -> None:
    if value is None:
        out.append(0xC0)
    elif value is False or value is True:
        out.append(0xC3 if value else 0xC2)
    elif isinstance(value, int):
        _pack_int(value, out)
    elif isinstance(value, float):
        out += struct.pack('>Bd', 0xCB, value)
    elif isinstance(value, str):
        text = value.encode()
        _head(out, len(text), 0xA0, 31, (0xD9, 0xDA, 0xDB))
        out += text
    elif isinstance(value, (bytes, bytearray)):
        _head(out, len(value), None, -1, (0xC4, 0xC5, 0xC6))
        out += value
    elif depth == DEEPEST:
        raise ValueError('a value of more than %d levels cannot be sent' % DEEPEST)
    elif isinstance(value, (list, tuple)):
        _head(out, len(value), 0x90, 15, (None, 0xDC, 0xDD))
        for item in value:
            _pack(item, out, depth + 1)
    elif isinstance(value, dict):
        _head(out, len(value), 0x80, 15, (None, 0xDE, 0xDF))
        for key, item in value.items():
            _pack(str(key), out, depth + 1)
            _pack(item, out, depth + 1)
    else:
        raise TypeError('%s cannot be sent' % type(value).__name__)


def _pack_int(value: int, out: bytearray) -> None:
    if -32 <= value < 128:
        out += struct.pack('>b' if value < 0 else '>B', value)
        return
    forms = ('>BB', '>BH', '>BI', '>BQ') if value > 0 else ('>Bb', '>Bh', '>Bi', '>Bq')
    for index, form in enumerate(forms):
        bits = 8 << index
        if value < 1 << bits if value > 0 else value >= -(1 << (bits - 1)):
            out += struct.pack(form, (0xCC if value > 0 else 0xD0) + index, value)
            return
    raise ValueError('an integer beyond 64 bits cannot be sent')


def _head(out: bytearray, length: int, short: Optional[int], most: int, codes: tuple) -> None:
    """`codes` are those for lengths of 8, 16 and 32 bits."""
    if short is not None and length <= most:
        out.append(short | length)
        return
    for code, form, largest in zip(codes, ('>BB', '>BH', '>BI'), (0xFF, 0xFFFF, 0xFFFFFFFF)):
        if code is not None and length <= largest:
            out += struct.pack(form, code, length)
            return
    raise ValueError('a value of 4 GiB cannot be sent')


NUMBERS = dict(zip(range(0xCA, 0xD4), ('>f', '>d', '>B', '>H', '>I', '>Q', '>b', '>h', '>i', '>q')))

def unpack(packed: bytes) -> Any:
    value, end = _unpack(packed, 0)
    if end != len(packed):
        raise BusError('bad-frame', 'something follows a value')
    return value


def _unpack(packed: bytes, at: int) -> tuple:
    code = packed[at]
    at += 1
    if code < 0x80:
        return code, at
    if code >= 0xE0:
        return code - 256, at
    if code < 0x90:
        return _unpack_map(packed, at, code & 15)
    if code < 0xA0:
        return _unpack_list(packed, at, code & 15)
    if code < 0xC0:
        return _unpack_text(packed, at, code & 31)
    if code in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[code], at
    if code in NUMBERS:
        form = NUMBERS[code]
        return struct.unpack_from(form, packed, at)[0], at + struct.calcsize(form)
    if code not in LONG:
        raise BusError('bad-frame', 'a value that the protocol does not have')
    form, take = LONG[code]
    (length,) = struct.unpack_from(form, packed, at)
    return take(packed, at + struct.calcsize(form), length)


def _unpack_bytes(packed: bytes, at: int, length: int) -> tuple:
    return packed[at : at + length], at + length


def _unpack_text(packed: bytes, at: int, length: int) -> tuple:
    return packed[at : at + length].decode(errors='replace'), at + length


def _unpack_list(packed: bytes, at: int, length: int) -> tuple:
    items = []
    for _ in range(length):
        item, at = _unpack(packed, at)
        items.append(item)
    return items, at


def _unpack_map(packed: bytes, at: int, length: int) -> tuple:
    found = {}
    for _ in range(length):
        key, at = _unpack(packed, at)
        found[str(key)], at = _unpack(packed, at)
    return found, at


LONG = {
    0xC4: ('>B', _unpack_bytes),
    0xC5: ('>H', _unpack_bytes),
    0xC6: ('>I', _unpack_bytes),
    0xD9: ('>B', _unpack_text),
    0xDA: ('>H', _unpack_text),
    0xDB: ('>I', _unpack_text),
    0xDC: ('>H', _unpack_list),
    0xDD: ('>I', _unpack_list),
    0xDE: ('>H', _unpack_map),
    0xDF: ('>I', _unpack_map),
}
