/** Targets, names and tags share one kind of glob: that of `base`. */
export { compileGlob, type Glob, matchGlob } from '../../base/glob.ts'
