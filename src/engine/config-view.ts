/** Typed view of the merged configuration. */
export interface ConfigView {
  get(name: string): unknown
  readonly all: Readonly<Record<string, unknown>>
}
