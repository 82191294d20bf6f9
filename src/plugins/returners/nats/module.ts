import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'
import { timeoutOptions, tlsOptions } from '../../../engine/returners/connection-options.ts'

const subject = (description: string, value: string) => s.withDefault(s.string(description), value)

export const nats = defineReturner({
  name: 'nats',
  doc: `Publishes returns, events and jobs on NATS, as JSON, each with a header Nats-Msg-Id of its own.

The subjects are templates. What stands for a field is one token of the subject, with _ for characters that have a meaning there;
only the parts of a function (test.ping) and of a tag (salt/job/…) are tokens of their own. With jetstream a message counts as
delivered when a stream has acknowledged it, and what is delivered twice within the stream's window is there once; without it,
when the server has it.`,
  options: {
    servers: s.withDefault(
      s.union([s.string(), s.array(s.string())], 'Addresses of the servers, HOST:PORT; the first that answers is used'),
      'localhost:4222',
    ),
    return_subject: subject('The subject of a return', `salt.return.\${id}.\${fun}`),
    event_subject: subject('The subject of an event', `salt.event.\${tag}`),
    job_subject: subject('The subject of a job', `salt.job.\${jid}`),
    jetstream: s.withDefault(s.boolean('Wait until a stream has acknowledged each message'), false),
    user: s.optional(s.string('Who connects')),
    password: s.optional(s.secret('The password of that user')),
    token: s.optional(s.secret('A token instead of user and password')),
    creds_file: s.optional(s.path('File with the JWT and the key of who connects')),
    tls: s.withDefault(s.boolean('Connect with TLS'), false),
    ...tlsOptions,
    ...timeoutOptions,
  },
  takes: ['return', 'event', 'job'],
  examples: [
    "salt '*' test.ping --return nats",
    `salt '*' test.ping --return nats --return_kwargs '{"servers": "nats.example.org:4222", "jetstream": true}'`,
  ],
  open: async (context, options) => (await import('./publisher.ts')).openPublisher(context, options),
})
