/** A small Debian package in two versions, in a repository of files. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const name = 'salt-real-test'

/** Writes packages and the list of them. */
export function writeRepository(folder: string, versions: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  const paragraphs = versions.map((version) => buildPackage(folder, version))
  writeFileSync(join(folder, 'Packages'), paragraphs.join('\n'))
}

/** The paragraph for the list of packages. */
function buildPackage(folder: string, version: string): string {
  const tree = join(folder, 'tree')
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    'Maintainer: Nobody <nobody@example.org>',
    'Description: Says its version',
  ]
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true })
  mkdirSync(join(tree, 'usr/bin'), { recursive: true })
  writeFileSync(join(tree, 'DEBIAN/control'), `${control.join('\n')}\n`)
  writeFileSync(join(tree, 'usr/bin', name), `#!/bin/sh\necho "${name} ${version}"\n`)
  chmodSync(join(tree, 'usr/bin', name), 0o755)
  const file = `${name}_${version}_all.deb`
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, join(folder, file)], { stdio: 'pipe' })
  rmSync(tree, { recursive: true })
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex')
  const facts = [`Filename: ./${file}`, `Size: ${statSync(join(folder, file)).size}`, `SHA256: ${digest}`]
  return `${[...control, ...facts].join('\n')}\n`
}
