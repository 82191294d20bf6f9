/** How a repository is reached: credentials as environment of git, never as words of its command line. */
import { SaltError } from '../../../base/errors.ts'

export interface GitCredentials {
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Private key file for SSH. */
  readonly privkey?: string | undefined
  readonly passphrase?: string | undefined
  readonly verifiesTls: boolean
  /** Send user and password also without TLS. */
  readonly isInsecureAllowed: boolean
}

/** Throws `configuration` for what cannot be done, with what to do instead. */
export function gitEnvironment(url: string, credentials: GitCredentials): Readonly<Record<string, string>> {
  const { user = '', password = '', privkey = '', passphrase = '', verifiesTls, isInsecureAllowed } = credentials
  if (passphrase !== '') {
    throw new SaltError('configuration', `the private key for ${url} has a passphrase, which nobody can type`, {
      hint: 'Use a key without one, or load it into an ssh-agent whose socket the master has in SSH_AUTH_SOCK.',
    })
  }
  const env: Record<string, string> = {}
  if (!verifiesTls) env.GIT_SSL_NO_VERIFY = '1'
  if (privkey !== '') {
    const key = `'${privkey.replaceAll("'", "'\\''")}'`
    env.GIT_SSH_COMMAND = `ssh -i ${key} -o IdentitiesOnly=yes -o BatchMode=yes`
  } else env.GIT_SSH_COMMAND = 'ssh -o BatchMode=yes'
  if (user !== '' && password !== '') {
    if (!url.startsWith('https://') && !(isInsecureAllowed && url.startsWith('http://'))) {
      throw new SaltError('configuration', `the password for ${url} would not be sent over TLS`, {
        hint: 'Use an https address, or set insecure_auth.',
      })
    }
    Object.assign(env, authorization(url, user, password))
  }
  return env
}

function authorization(url: string, user: string, password: string): Readonly<Record<string, string>> {
  const origin = URL.parse(url)?.origin
  if (origin === undefined) {
    throw new SaltError('configuration', 'the address of a git repository that has a password is no web address', {
      hint: 'Write it as https://HOST/PATH.',
    })
  }
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  }
}

/** Throws `configuration` for an address that git would take for something else. */
export function checkAddress(url: string): void {
  if (isAddress(url)) return
  throw new SaltError('configuration', `'${url}' is no address of a git repository`, {
    hint: 'Correct the remote in the configuration of the master: it is a path or an address with https, ssh or git.',
  })
}

/** Whether git would take it for an address and for nothing else. */
export function isAddress(url: string): boolean {
  return url !== '' && !url.startsWith('-') && !/[\0\n]/.test(url) && !/^ext::/.test(url)
}
