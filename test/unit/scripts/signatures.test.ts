import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machOSignatureFits, signMachO } from '../../../scripts/packaging/macho-sign.ts'
import { removeSignature } from '../../../scripts/packaging/windows-signature.ts'

/** A 64-bit Mach-O file with a __TEXT and a __LINKEDIT segment and nothing that would run. */
function machO(contentSize: number): Buffer {
  const textSize = 0x4000
  const file = Buffer.alloc(textSize + contentSize, 0x5a)
  file.fill(0, 0, 0x1000)
  file.writeUInt32LE(0xfeedfacf, 0)
  file.writeUInt32LE(2, 16)
  const segment = (offset: number, name: string, fileOffset: number, size: number, sections: number): number => {
    const commandSize = 72 + sections * 80
    file.writeUInt32LE(0x19, offset)
    file.writeUInt32LE(commandSize, offset + 4)
    file.write(name, offset + 8, 'latin1')
    file.writeBigUInt64LE(BigInt(size), offset + 32)
    file.writeBigUInt64LE(BigInt(fileOffset), offset + 40)
    file.writeBigUInt64LE(BigInt(size), offset + 48)
    file.writeUInt32LE(sections, offset + 64)
    if (sections > 0) file.writeUInt32LE(0x1000, offset + 72 + 48)
    return offset + commandSize
  }
  const end = segment(segment(32, '__TEXT', 0, textSize, 1), '__LINKEDIT', textSize, contentSize, 0)
  file.writeUInt32LE(end - 32, 20)
  return file
}

test('a Mach-O file is signed so that every page fits, once and again', () => {
  const signed = signMachO(machO(5000), 'salt')
  assert.ok(machOSignatureFits(signed))
  assert.ok(signed.includes(Buffer.from('salt\0')))
  const again = signMachO(signed, 'salt')
  assert.deepEqual(again, signed)
})

test('a changed byte, a cut and an unsigned file do not fit', () => {
  const signed = signMachO(machO(5000), 'salt')
  const changed = Buffer.from(signed)
  changed.writeUInt8(0, 0x4100)
  assert.equal(machOSignatureFits(changed), false)
  assert.equal(machOSignatureFits(signed.subarray(0, -1)), false)
  assert.equal(machOSignatureFits(machO(5000)), false)
})

test('what is not a 64-bit Mach-O file is refused', () => {
  assert.throws(() => signMachO(Buffer.from('\x7fELF'.padEnd(64)), 'salt'), /not a 64-bit Mach-O/)
})

/** The headers of a 64-bit PE executable, with a certificate table at the end of the file. */
function executable(certificate: string): Buffer {
  const file = Buffer.alloc(0x400)
  file.write('MZ')
  file.writeUInt32LE(0x80, 0x3c)
  const optionalHeader = 0x80 + 24
  file.writeUInt16LE(0x20b, optionalHeader)
  file.writeUInt32LE(0xdeadbeef, optionalHeader + 64)
  if (certificate !== '') {
    file.writeUInt32LE(file.length, optionalHeader + 112 + 32)
    file.writeUInt32LE(certificate.length, optionalHeader + 112 + 36)
  }
  return Buffer.concat([file, Buffer.from(certificate)])
}

test('the signature of a Windows executable is removed with all that points to it', () => {
  const unsigned = removeSignature(executable('certificate'))
  const expected = executable('')
  expected.writeUInt32LE(0, 0x80 + 24 + 64)
  assert.deepEqual(unsigned, expected)
})

test('an unsigned executable stays as it is; another file is refused', () => {
  const file = executable('')
  assert.equal(removeSignature(file), file)
  assert.throws(() => removeSignature(Buffer.alloc(0x400)), /not a 64-bit Windows executable/)
  assert.throws(
    () => removeSignature(Buffer.concat([executable('certificate'), Buffer.from('more')])),
    /not at the end/,
  )
})
