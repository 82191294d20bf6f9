import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { resolveInside } from '../../base/files.ts'
import { s } from '../../base/schema.ts'
import { makeKeyPair, storeKeyPair } from '../../engine/keys/key-pair.ts'
import {
  byFolder,
  type FoundKeys,
  type KeyChange,
  type KeyRing,
  stateNamed,
  statesFor,
  statesOf,
} from '../../engine/keys/key-ring.ts'
import { keyFolders, keyStates } from '../../engine/keys/key-store.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

const match = s.union([s.string(), s.array(s.string())], 'Ids: a glob, several with commas between them, or a list')
const matchDict = s.record(s.array(s.string()), 'Ids by the name of the folder that their keys lie in')
const accepted = s.withDefault(s.boolean('Look at accepted keys too'), false)
const rejected = s.withDefault(s.boolean('Look at rejected keys too'), false)
const denied = s.withDefault(s.boolean('Look at denied keys too'), false)
const hashType = s.optional(s.literal(['sha256'], 'Accepted: fingerprints are SHA-256'))
const keySize = s.optional(s.integer('Accepted: Ed25519 keys have one size'))

const ids = s.record(s.array(s.string()), 'Folder of a state → ids')
const afterwards = s.record(s.array(s.string()), 'Folder of the state that they are in afterwards → ids')
const texts = s.record(s.record(s.string()), 'Folder of a state → id → what was asked')
const pair = s.record(s.string(), '`priv` and `pub`, both PEM')

interface Including {
  readonly include_accepted?: boolean
  readonly include_rejected?: boolean
  readonly include_denied?: boolean
}

function statesAsked(change: KeyChange, more: Including) {
  return statesFor(change, {
    accepted: more.include_accepted === true,
    rejected: more.include_rejected === true,
    denied: more.include_denied === true,
  })
}

function named(found: FoundKeys): Record<string, string[]> {
  return byFolder(statesOf(found), (state) => [...(found[state] ?? [])])
}

/** Like Salt, answers with all keys that the pattern means now. */
function changeMatching(keys: KeyRing, change: KeyChange, pattern: string | readonly string[], more: Including = {}) {
  keys.change(change, keys.store.match(pattern, statesAsked(change, more)))
  return named(keys.store.match(pattern))
}

function changeListed(
  keys: KeyRing,
  change: KeyChange,
  listed: Readonly<Record<string, readonly string[]>>,
  more: Including = {},
) {
  const folders = Object.values(keyFolders)
  const unknown = Object.keys(listed).find((folder) => !folders.includes(folder))
  if (unknown !== undefined)
    throw new SaltError('bad-arguments', `'${unknown}' is no folder of keys; there are ${folders.join(', ')}.`)
  const found: FoundKeys = Object.fromEntries(
    statesAsked(change, more).map((state) => [state, listed[keyFolders[state]] ?? []]),
  )
  keys.change(change, found)
  const wanted = new Set(Object.values(listed).flat())
  return named(
    Object.fromEntries(keyStates.map((state) => [state, keys.store.ids(state).filter((id) => wanted.has(id))])),
  )
}

function listAll(keys: KeyRing): Record<string, string[]> {
  return { ...keys.list(['accepted', 'pending', 'rejected', 'denied']), local: keys.ownFiles }
}

/** Of the master itself, under the name of its file; nothing before its first start. */
function own(keys: KeyRing, what: 'pem' | 'fingerprint'): Record<string, Record<string, string>> {
  const key = keys.own()
  return key === undefined ? {} : { local: { 'master.pub': key[what] } }
}

export const key = defineRunner({
  name: 'key',
  doc: 'Lists, accepts, rejects, deletes and makes keys of minions.',
  functions: {
    list: runnerFn({
      doc: 'List the keys of one state.',
      args: {
        match: s.string('The state: accepted (acc), pre (un, unaccepted), rejected (rej), denied (den), or all'),
      },
      returns: ids,
      examples: ['salt wheel key.list accepted'],
      run(ctx, args) {
        if (args.match.startsWith('all')) return ctx.keys.list()
        const state = stateNamed(args.match)
        if (state !== undefined) return ctx.keys.list([state])
        throw new SaltError('bad-arguments', `'${args.match}' is no state of keys; use all, acc, pre, un, rej or den.`)
      },
    }),
    list_all: runnerFn({
      doc: "List the keys of all states, and the files of the master's own key.",
      returns: ids,
      examples: ['salt wheel key.list_all'],
      outputter: 'key',
      run: (ctx) => listAll(ctx.keys),
    }),
    name_match: runnerFn({
      doc: 'List the keys of some ids.',
      args: { match },
      returns: ids,
      examples: ["salt wheel key.name_match 'web*'"],
      run: (ctx, args) => named(ctx.keys.store.match(args.match)),
    }),
    accept: runnerFn({
      doc: 'Accept the waiting keys of some ids.',
      args: { match, include_rejected: rejected, include_denied: denied },
      returns: afterwards,
      examples: ["salt wheel key.accept 'web*'"],
      run: (ctx, args) => changeMatching(ctx.keys, 'accept', args.match, args),
    }),
    accept_dict: runnerFn({
      doc: 'Accept waiting keys that are listed by folder.',
      args: { match: matchDict, include_rejected: rejected, include_denied: denied },
      returns: afterwards,
      examples: ["salt wheel key.accept_dict '{minions_pre: [web1, web2]}'"],
      run: (ctx, args) => changeListed(ctx.keys, 'accept', args.match, args),
    }),
    reject: runnerFn({
      doc: 'Reject the waiting keys of some ids.',
      args: { match, include_accepted: accepted, include_denied: denied },
      returns: afterwards,
      examples: ["salt wheel key.reject 'web*'"],
      run: (ctx, args) => changeMatching(ctx.keys, 'reject', args.match, args),
    }),
    reject_dict: runnerFn({
      doc: 'Reject waiting keys that are listed by folder.',
      args: { match: matchDict, include_accepted: accepted, include_denied: denied },
      returns: afterwards,
      examples: ["salt wheel key.reject_dict '{minions_pre: [web1, web2]}'"],
      run: (ctx, args) => changeListed(ctx.keys, 'reject', args.match, args),
    }),
    delete: runnerFn({
      doc: 'Delete the keys of some ids, whatever their state.',
      args: { match },
      returns: afterwards,
      examples: ["salt wheel key.delete 'old*'"],
      run: (ctx, args) => changeMatching(ctx.keys, 'delete', args.match),
    }),
    delete_dict: runnerFn({
      doc: 'Delete keys that are listed by folder.',
      args: { match: matchDict },
      returns: afterwards,
      examples: ["salt wheel key.delete_dict '{minions_rejected: [web1, web2]}'"],
      run: (ctx, args) => changeListed(ctx.keys, 'delete', args.match),
    }),
    key_str: runnerFn({
      doc: 'Show the public keys of some ids.',
      args: { match },
      returns: texts,
      examples: ['salt wheel key.key_str web1'],
      run: (ctx, args) => ctx.keys.texts(ctx.keys.store.match(args.match)),
    }),
    master_key_str: runnerFn({
      doc: 'Show the public key of the master.',
      returns: texts,
      examples: ['salt wheel key.master_key_str'],
      run: (ctx) => own(ctx.keys, 'pem'),
    }),
    finger: runnerFn({
      doc: 'Tell the fingerprints of the keys of some ids.',
      args: { match, hash_type: hashType },
      returns: texts,
      examples: ["salt wheel key.finger 'web*'"],
      outputter: 'key',
      run: (ctx, args) => ({
        ...ctx.keys.ownFingerprints(args.match),
        ...ctx.keys.fingerprints(ctx.keys.store.match(args.match)),
      }),
    }),
    finger_master: runnerFn({
      doc: 'Tell the fingerprint of the key of the master.',
      args: { hash_type: hashType },
      returns: texts,
      examples: ['salt wheel key.finger_master'],
      outputter: 'key',
      run: (ctx) => own(ctx.keys, 'fingerprint'),
    }),
    gen: runnerFn({
      doc: 'Make a key pair. It is stored nowhere, and its event does not show it.',
      args: { id_: s.optional(s.string('Accepted: the pair does not depend on the id')), keysize: keySize },
      returns: pair,
      isSecret: true,
      examples: ['salt wheel key.gen'],
      run() {
        const { privatePem, publicPem } = makeKeyPair()
        return { priv: privatePem, pub: publicPem }
      },
    }),
    gen_accept: runnerFn({
      doc: 'Make a key pair and accept its public half for an id. The private half is stored nowhere, and its event does not show it.',
      args: {
        id_: s.string('Id of the minion'),
        keysize: keySize,
        force: s.withDefault(s.boolean('Replace the accepted key where there is one'), false),
      },
      returns: s.record(s.string(), '`priv` and `pub`, both PEM; empty where there is an accepted key already'),
      isSecret: true,
      examples: ['salt wheel key.gen_accept web1'],
      run(ctx, { id_: id, force }) {
        if (ctx.keys.store.states(id).includes('accepted') && !force) return {}
        const { privatePem, publicPem } = makeKeyPair()
        ctx.keys.acceptNew(id, publicPem)
        return { priv: privatePem, pub: publicPem }
      },
    }),
    gen_keys: runnerFn({
      doc: 'Make the key pair NAME.pem and NAME.pub on the host of the master. Files that exist are not replaced.',
      args: {
        keydir: s.withDefault(s.string('Folder below the folder generated in pki_dir'), ''),
        keyname: s.optional(s.string('The name; a random one when left out')),
        keysize: keySize,
        user: s.optional(s.string('Accepted: the files belong to the user of the master')),
      },
      returns: s.string('The fingerprint'),
      examples: ['salt wheel key.gen_keys keyname=web1'],
      run(ctx, { keydir, keyname }) {
        const name = keyname ?? randomBytes(16).toString('hex')
        // Elsewhere in pki_dir a file can be a key that is trusted.
        const folder = resolveInside(join(ctx.keys.store.pkiDir, 'generated'), keydir)
        return storeKeyPair({ folder, name, folderOption: 'keydir' }).fingerprint
      },
    }),
  },
})
