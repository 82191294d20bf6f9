import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'
import { timeoutOptions, tlsOptions } from '../../../engine/returners/connection-options.ts'

const address = (description: string) => s.union([s.string(), s.array(s.string())], description)

export const smtp = defineReturner({
  name: 'smtp',
  doc: `Sends returns and events as mail: one each, or one digest for each batch.

Subject and body are templates, in which \${id}, \${jid}, \${fun}, \${retcode}, \${return.a} … stand for what is delivered, \${outcome}
for succeeded or failed, and \${count} in a digest for how many. Nothing that is delivered can add headers or recipients. What comes
twice has the same Message-ID. With a user, the password is only sent over TLS, unless tls is off.`,
  options: {
    host: s.withDefault(s.string('Name or address of the mail server'), 'localhost'),
    port: s.optional(s.integer('Its port; 25 by default, 465 with tls: tls', { minimum: 1, maximum: 65_535 })),
    from: s.string('Who the mail is from'),
    to: address('Who gets the mail'),
    tls: s.withDefault(
      s.union(
        [s.boolean(), s.literal(['auto', 'off', 'starttls', 'tls'])],
        'auto: where the server has it; starttls (true): always; tls: from the first byte',
      ),
      'auto',
    ),
    username: s.optional(s.string('Who sends, where the server asks')),
    password: s.optional(s.secret('The password of that user')),
    subject: s.withDefault(s.string('Subject of a return'), `Salt: \${fun} on \${id} \${outcome}`),
    body: s.withDefault(
      s.text('Text of a return'),
      `Minion: \${id}\nJob: \${jid}\nFunction: \${fun}\nArguments: \${fun_args}\nResult: \${outcome}, code \${retcode}\n\n\${return}\n`,
    ),
    event_subject: s.withDefault(s.string('Subject of an event'), `Salt: \${tag}`),
    event_body: s.withDefault(s.text('Text of an event'), `Tag: \${tag}\n\n\${data}\n`),
    digest: s.withDefault(s.boolean('Send one mail for each batch'), false),
    digest_subject: s.withDefault(s.string('Subject of such a mail'), `Salt: \${count} reports`),
    ...tlsOptions,
    ...timeoutOptions,
  },
  takes: ['return', 'event'],
  examples: [
    `salt '*' state.apply --return smtp --return_kwargs '{"from": "salt@example.org", "to": "admin@example.org"}'`,
    `salt '*' test.ping --return smtp --return_kwargs '{"from": "salt@example.org", "to": ["a@example.org"], "digest": true}'`,
  ],
  open: async (context, options) => (await import('./mailer.ts')).openMailer(context, options),
})
