/** Arguments that several functions of `grains` share. */
import { s } from '../../../base/schema.ts'

export const key = s.string('Name of the grain; `:` leads into mappings')
export const delimiter = s.withDefault(s.string('What leads into mappings'), ':')
export const value = s.any('The value')
