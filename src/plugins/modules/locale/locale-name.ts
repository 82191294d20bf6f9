/** Names of locales: `de_CH.UTF-8@euro UTF-8`. */

export interface LocaleName {
  readonly language: string
  readonly territory: string
  readonly codeset: string
  readonly modifier: string
  /** The character set that /usr/share/i18n/SUPPORTED names behind the locale. */
  readonly charmap: string
}

export function parseLocale(text: string): LocaleName {
  const [, language = '', territory = '', codeset = '', modifier = '', charmap = ''] =
    /^([^_.@ ]*)(?:_([^.@ ]*))?(?:\.([^@ ]*))?(?:@([^ ]*))?(?: (.*))?$/.exec(text) ?? []
  return { language, territory, codeset, modifier, charmap }
}

export function showLocale({ language, territory, codeset, modifier, charmap }: LocaleName): string {
  const part = (mark: string, value: string): string => (value === '' ? '' : `${mark}${value}`)
  return language + part('_', territory) + part('.', codeset) + part('@', modifier) + part(' ', charmap)
}

/** So that `de_ch.utf8` and `de_CH.UTF-8` are the same. */
export function normalLocale(text: string): string {
  const name = parseLocale(text)
  const codeset = name.codeset.toLowerCase().replaceAll('-', '')
  return showLocale({ ...name, territory: name.territory.toUpperCase(), codeset, charmap: '' })
}
