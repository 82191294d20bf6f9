/** Where an SLS file is, in the variables that templates know it by. */

/** `slspath`, `tplfile` and their likes. All texts. */
export type SlsVariables = ReadonlyMap<string, string>

/** @param sls Dotted name, such as `web.nginx`. @param path Where the file is, as templates may show it. */
export function slsVariables(sls: string, path: string): SlsVariables {
  const asPath = sls.replaceAll('.', '/')
  const file = templateFile(path.replaceAll('\\', '/'), asPath, sls !== '')
  const slspath = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : ''
  return new Map([
    ['tplpath', path],
    ['tplfile', file],
    ['tpldir', slspath === '' ? '.' : slspath],
    ['tpldot', slspath.replaceAll('/', '.')],
    ['slspath', slspath],
    ['slsdotpath', slspath.replaceAll('/', '.')],
    ['slscolonpath', slspath.replaceAll('/', ':')],
    ['sls_path', slspath.replaceAll('/', '_')],
  ])
}

/** The path below the file roots. */
function templateFile(path: string, asPath: string, hasName: boolean): string {
  if (!hasName) return path.slice(path.lastIndexOf('/') + 1)
  const ending = [`${asPath}.sls`, `${asPath}/init.sls`].find((one) => path.endsWith(one))
  return ending ?? path
}
