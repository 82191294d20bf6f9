/** Several places of files as one: the first that has a file wins. */
import { SaltError } from '../../base/errors.ts'
import type { ServedFiles } from './served-files.ts'

export function joinedFiles(places: readonly ServedFiles[]): ServedFiles {
  const [only, ...more] = places
  if (only !== undefined && more.length === 0) return only
  return {
    environments: async () => [...new Set((await Promise.all(places.map((place) => place.environments()))).flat())],
    async names(saltenv, under) {
      const all = await Promise.all(places.map((place) => place.names(saltenv, under)))
      return {
        files: sorted(all.flatMap(({ files }) => files)),
        folders: sorted(all.flatMap(({ folders }) => folders)),
        links: Object.assign({}, ...all.map(({ links }) => links).toReversed()),
      }
    },
    async list(saltenv, under) {
      const all = (await Promise.all(places.map((place) => place.list(saltenv, under)))).flat()
      const first = new Map(all.toReversed().map((file) => [file.path, file]))
      return sorted([...first.keys()]).flatMap((path) => first.get(path) ?? [])
    },
    status: (saltenv, path) => firstOf(places, (place) => place.status(saltenv, path)),
    locate: (saltenv, path) => firstOf(places, async (place) => place.locate?.(saltenv, path)),
    read: (saltenv, path) => firstOf(places, (place) => place.read(saltenv, path)),
    async part(saltenv, path, offset) {
      for (const place of places) {
        const isThere = (await place.locate?.(saltenv, path)) ?? (await place.status(saltenv, path))
        if (isThere !== undefined) return await place.part(saltenv, path, offset)
      }
      throw new SaltError('bad-path', `the file server has no file ${path} in '${saltenv}'`)
    },
  }
}

async function firstOf<Result>(
  places: readonly ServedFiles[],
  ask: (place: ServedFiles) => Promise<Result | undefined>,
): Promise<Result | undefined> {
  for (const place of places) {
    const found = await ask(place)
    if (found !== undefined) return found
  }
  return undefined
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort()
}
