export { splitShellWords } from '../../../base/shell-words.ts'
