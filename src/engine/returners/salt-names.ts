/** Returners and options of theirs that Salt has and this program has not, with what to write instead. */

const postgres =
  'Salt’s tables are those of the returner postgres: name it, with postgres.host, postgres.passwd and so on.'
const webhook = 'A chat is reached with the returner webhook: webhook.url, and the message in webhook.fields.'
const http = 'What has an HTTP interface is reached with the returner http or webhook.'
const stores = 'The databases are postgres, sqlite, redis and elasticsearch.'

const returners: Readonly<Record<string, string>> = {
  pgjsonb: postgres,
  postgres_local_cache: postgres,
  mysql: stores,
  odbc: stores,
  mongo: stores,
  mongo_return: stores,
  mongo_future: stores,
  cassandra: stores,
  cassandra_cql: stores,
  couchbase: stores,
  memcache: stores,
  django: stores,
  etcd: stores,
  couchdb: http,
  influxdb: http,
  splunk: http,
  sentry: http,
  librato: http,
  appoptics: http,
  nagios_nrdp: http,
  nagios: http,
  kafka: 'The message servers are nats and redis (events in a stream).',
  zabbix_return: http,
  zabbix: http,
  carbon: http,
  slack: webhook,
  slack_webhook: webhook,
  mattermost: webhook,
  hipchat: webhook,
  telegram: webhook,
  pushover: webhook,
  xmpp: webhook,
  sms: webhook,
  highstate: 'Reports go by mail with the returner smtp (smtp.digest for one mail about many), or with webhook.',
  rawfile_json: 'Lines of JSON are what the returner file writes: file.path for rawfile_json.filename.',
  sqlite3: 'It is called sqlite here: sqlite.database for returner.sqlite3.database.',
  smtp_return: 'It is called smtp.',
  redis_return: 'It is called redis.',
  elasticsearch_return: 'It is called elasticsearch.',
  local: 'What a job gives is shown without it; local_cache keeps it on the minion.',
}

const cluster = 'Clusters of Redis are not supported: name one server.'
const index = 'Write it into elasticsearch.index, a template with kind, date and other fields.'
const server = 'That is set in an index template of the server.'
const tls = 'Set postgres.tls, with tls_ca, tls_cert, tls_key and tls_verify.'
const templates = 'Write smtp.subject and smtp.body: both are templates, with fields such as fun, id and return.'

const options: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  postgres: {
    pass: 'It is called postgres.passwd.',
    sslmode: tls,
    sslcert: tls,
    sslkey: tls,
    sslrootcert: tls,
    sslcrl: tls,
  },
  redis: { cluster_mode: cluster, 'cluster.startup_nodes': cluster, 'cluster.skip_full_coverage_check': cluster },
  elasticsearch: {
    index_date: index,
    master_event_index: index,
    master_job_cache_index: index,
    number_of_shards: server,
    number_of_replicas: server,
  },
  smtp: {
    fields: templates,
    template: templates,
    renderer: templates,
    gpgowner: 'Mails are not encrypted; smtp.tls protects their way.',
    content_type: 'Mails are plain text.',
  },
  file: { filename: 'It is called file.path.' },
}

/** A sentence for a name that Salt has; undefined for any other. */
export function insteadOfReturner(name: string): string | undefined {
  return Object.hasOwn(returners, name) ? returners[name] : undefined
}

/** A sentence for an option that this returner has in Salt; undefined for any other. */
export function insteadOfOption(returner: string, option: string): string | undefined {
  const known = Object.hasOwn(options, returner) ? options[returner] : undefined
  return known !== undefined && Object.hasOwn(known, option) ? known[option] : undefined
}
