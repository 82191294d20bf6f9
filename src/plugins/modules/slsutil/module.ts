import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { withoutPublication } from '../../../engine/functions/bind.ts'
import { callDataFunction } from '../../../engine/functions/data-call.ts'
import type { Serializer } from '../../../engine/functions/serialization/serializers.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { bannerOf } from './banner.ts'
import { findUp, treeOf } from './tree.ts'

const saltenv = s.withDefault(s.string('Environment of the file server'), 'base')
const strategy = s.withDefault(s.string('smart, recurse, aggregate, list, overwrite or none'), 'smart')
const rendererName = s.withDefault(s.string('Accepted, and without effect here'), 'yaml')
const mergeLists = s.withDefault(s.boolean('Join lists rather than replace them'), false)
const formats = 'yaml, json, python, msgpack, configparser, keyvalue or toml'

/** What Salt's own writers do where nothing is said. */
const writingDefaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  json: { indent: null, sort_keys: false, ensure_ascii: false },
  yaml: { default_flow_style: true },
}

async function serializerOf(name: string): Promise<Serializer> {
  const { serializers } = await import('../../../engine/functions/serialization/serializers.ts')
  const found = Object.hasOwn(serializers, name) ? serializers[name] : undefined
  if (found !== undefined) return found
  throw new SaltError('execution-failed', `Serializer '${name}' not found.`, { hint: `There are ${formats}.` })
}

interface Rendering {
  readonly path: string | undefined
  readonly string: string | undefined
  readonly renderer: string
  readonly saltenv: string
  readonly variables: Readonly<Record<string, unknown>>
}

async function render(
  ctx: FunctionContext,
  { path, string, renderer, saltenv, variables }: Rendering,
): Promise<unknown> {
  const { TemplateWorld } = await import('../../../engine/render/template-world.ts')
  const { renderSls } = await import('../../../engine/render/render-sls.ts')
  const { toPlain } = await import('../../../engine/render/values/plain.ts')
  const { file, text } =
    path === undefined ? { file: ':string:', text: string ?? '' } : await textAt(ctx, path, saltenv)
  const sls = posix.basename(file).replace(/\.[^.]*$/, '')
  const rendered = await renderSls(new TemplateWorld(ctx), { text, file, saltenv, sls, renderer, variables })
  return toPlain(rendered.value)
}

/** A file of the file server, of the host, or of the web. */
async function textAt(ctx: FunctionContext, path: string, saltenv: string): Promise<{ file: string; text: string }> {
  const { readFile } = await import('node:fs/promises')
  const local = path.includes('://') ? await ctx.salt('cp.cache_file', [path], { saltenv }) : ctx.at(path)
  if (typeof local !== 'string' || local === '') {
    throw new SaltError('execution-failed', `There is no ${path} in the environment ${saltenv}`)
  }
  const { attemptAsync } = await import('../file/failure.ts')
  const text = await attemptAsync(path, () => readFile(local, 'utf8'))
  return { file: path.startsWith('salt://') ? path.slice('salt://'.length) : path, text }
}

export const slsutil = defineModule({
  name: 'slsutil',
  doc: 'Helps state files and templates: merging, rendering and writing data, and looking for files.',
  functions: {
    update: fn({
      doc: 'Put a mapping into another one, level by level.',
      args: {
        dest: s.record(s.any(), 'The mapping'),
        upd: s.record(s.any(), 'What is put into it'),
        recursive_update: s.withDefault(s.boolean('Level by level; else only at the top'), true),
        merge_lists: mergeLists,
      },
      returns: s.record(s.any()),
      examples: ["salt '*' slsutil.update '{foo: Foo}' '{bar: Bar}'"],
      run: async (ctx, { dest, upd, recursive_update, merge_lists }) =>
        (await callDataFunction(ctx, 'slsutil.update', [dest, upd, recursive_update, merge_lists])) as typeof dest,
    }),
    merge: fn({
      doc: 'Merge a mapping into another one, in one of several ways.',
      args: {
        obj_a: s.any('The mapping'),
        obj_b: s.any('What is merged into it'),
        strategy,
        renderer: rendererName,
        merge_lists: mergeLists,
      },
      returns: s.any(),
      examples: [
        "salt '*' slsutil.merge '{foo: Foo}' '{bar: Bar}'",
        "salt '*' slsutil.merge '{a: [1]}' '{a: [2]}' strategy=aggregate",
      ],
      run: (ctx, { obj_a, obj_b, strategy: way, renderer, merge_lists }) =>
        callDataFunction(ctx, 'slsutil.merge', [obj_a, obj_b, way, renderer, merge_lists]),
    }),
    merge_all: fn({
      doc: 'Merge a list of mappings, one after the other.',
      args: { lst: s.array(s.any(), 'The mappings'), strategy, renderer: rendererName, merge_lists: mergeLists },
      returns: s.any(),
      examples: ["salt '*' slsutil.merge_all '[{foo: Foo}, {foo: Bar}]'"],
      run: (ctx, { lst, strategy: way, renderer, merge_lists }) =>
        callDataFunction(ctx, 'slsutil.merge_all', [lst, way, renderer, merge_lists]),
    }),
    boolstr: fn({
      doc: 'Give one of two texts, by whether a value is true.',
      args: {
        value: s.any('The value'),
        true: s.withDefault(s.string('The text where it is true'), 'true'),
        false: s.withDefault(s.string('The text where it is not'), 'false'),
      },
      returns: s.any(),
      examples: ["salt '*' slsutil.boolstr True active inactive"],
      run: (ctx, args) => callDataFunction(ctx, 'slsutil.boolstr', [args.value, args.true, args.false]),
    }),
    renderer: fn({
      doc: 'Render a file or a text, and give the data or the text that comes of it.',
      args: {
        path: s.optional(s.string('The file: salt://, http://, or a path of the host')),
        string: s.optional(s.text('The text')),
        default_renderer: s.withDefault(s.string('Renderers, where the first line names none'), 'jinja|yaml'),
        saltenv,
      },
      extra: s.any('Variables for the template'),
      returns: s.any(),
      examples: [
        "salt '*' slsutil.renderer salt://web/map.jinja",
        "salt '*' slsutil.renderer string='Hello, {{ name }}.' name=world default_renderer=jinja",
      ],
      run(ctx, args, { extra }) {
        if (args.path === undefined && args.string === undefined) {
          throw new SaltError('bad-arguments', 'Must pass either path or string')
        }
        return render(ctx, { ...args, renderer: args.default_renderer, variables: withoutPublication(extra) })
      },
    }),
    serialize: fn({
      doc: 'Write data as a text.',
      args: { serializer: s.string(`The format: ${formats}`), obj: s.any('The data') },
      extra: s.any('Options of the format, such as indent'),
      returns: s.any('Text, or bytes'),
      examples: [
        "salt '*' slsutil.serialize json obj='{foo: Foo}'",
        "salt '*' slsutil.serialize yaml '{foo: [1, 2]}' default_flow_style=False",
      ],
      async run(_ctx, { serializer, obj }, { extra }) {
        const { fromPlain } = await import('../../../engine/render/values/plain.ts')
        const { write } = await serializerOf(serializer)
        return write(fromPlain(obj), { ...writingDefaults[serializer], ...withoutPublication(extra) })
      },
    }),
    deserialize: fn({
      doc: 'Read data from a text.',
      args: { serializer: s.string(`The format: ${formats}`), stream_or_string: s.text('The text') },
      extra: s.any('Accepted, and without effect here'),
      returns: s.any(),
      examples: ['salt \'*\' slsutil.deserialize json \'"{\\"foo\\": 1}"\''],
      async run(_ctx, { serializer, stream_or_string: text }) {
        const { toPlain } = await import('../../../engine/render/values/plain.ts')
        const { read } = await serializerOf(serializer)
        if (read !== undefined) return toPlain(read(Buffer.from(text)))
        throw new SaltError('execution-failed', `Serializer '${serializer}' does not implement deserialize.`)
      },
    }),
    banner: fn({
      doc: 'Make a block of comment that says that a file is managed.',
      args: {
        width: s.withDefault(s.integer('How many characters wide', { minimum: 1, maximum: 1000 }), 72),
        commentchar: s.withDefault(s.string('What a line of comment begins with'), '#'),
        borderchar: s.withDefault(s.string('The character of the first and the last line'), '#'),
        blockstart: s.optional(s.string('What the block begins with, where lines alone are no comment')),
        blockend: s.optional(s.string('What it ends with')),
        title: s.withDefault(s.string('Its first words'), 'THIS FILE IS MANAGED BY SALT - DO NOT EDIT'),
        text: s.withDefault(
          s.string('What it says'),
          'The contents of this file are managed by Salt. Any changes to this file may be overwritten automatically and without warning.',
        ),
        newline: s.withDefault(s.boolean('End with the end of a line'), false),
      },
      returns: s.text(),
      examples: ["salt '*' slsutil.banner", "salt '*' slsutil.banner width=40 title='Hands off!'"],
      run: (_ctx, args) => bannerOf(args),
    }),
    file_exists: fn({
      doc: 'Tell whether the file server has a file.',
      args: { path: s.string('Its path'), saltenv },
      returns: s.boolean(),
      examples: ["salt '*' slsutil.file_exists top.sls"],
      run: async (ctx, args) => (await treeOf(ctx, args.saltenv)).hasFile(args.path),
    }),
    dir_exists: fn({
      doc: 'Tell whether the file server has a folder.',
      args: { path: s.string('Its path'), saltenv },
      returns: s.boolean(),
      examples: ["salt '*' slsutil.dir_exists releases"],
      run: async (ctx, args) => (await treeOf(ctx, args.saltenv)).hasFolder(args.path),
    }),
    path_exists: fn({
      doc: 'Tell whether the file server has a file or a folder.',
      args: { path: s.string('Its path'), saltenv },
      returns: s.boolean(),
      examples: ["salt '*' slsutil.path_exists releases"],
      async run(ctx, args) {
        const tree = await treeOf(ctx, args.saltenv)
        return tree.hasFile(args.path) || tree.hasFolder(args.path)
      },
    }),
    findup: fn({
      doc: 'Find a file in a folder of the file server, or in the nearest one above it that has it.',
      args: {
        startpath: s.string('The folder, or a file in it; empty for the top'),
        filenames: s.union([s.string(), s.array(s.string())], 'Its name, or several: the first that is there counts'),
        saltenv,
      },
      returns: s.string('Its path'),
      examples: ["salt '*' slsutil.findup web top.sls"],
      run: async (ctx, args) => findUp(await treeOf(ctx, args.saltenv), args.startpath, [args.filenames].flat()),
    }),
  },
})
