/**
 * Meaning of the exit codes of all commands. An error of a kind ends a command with the code of that kind (`errors.ts`);
 * the numbers from 64 on are those of the BSD `sysexits`.
 */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'Everything asked for was done: every minion that was meant returned, and none reports a failure. Also when the reader of the output goes away before its end (`salt … | head`); a job goes on.',
  1: 'Something that ran failed: a function does not exist, was called wrongly, or reports a failure; or a minion did not return. Of `salt lint` and `salt compat`: they found something that does not work.',
  2: 'The target cannot be understood or matches no minion, so nothing was run.',
  42: 'A word is missing on the command line.',
  64: 'The command line is wrong.',
  69: 'The daemon that the command needs does not answer, or its address is taken.',
  70: 'A fault of this program.',
  74: 'Data could not be read or written: the output too, on a full disk.',
  75: 'It may work another time: no answer in time, too much to do, or cancelled.',
  76: 'The other side sent bytes that are not valid.',
  77: 'Not permitted, or a key is not accepted.',
  78: 'The configuration or a key file is wrong.',
  130: 'Ctrl-C ended the command. A job that it had started goes on; an orchestration begins no further step.',
}
