/** IP addresses and networks in CIDR form, as targets. */
import { SaltError } from '../../base/errors.ts'
import { blockOf, formatIpBlock, isInBlock, parseIpAddress, parsePrefix, widthOf } from '../../base/ip-address.ts'
import { quoted } from '../../base/text.ts'

export interface IpNetwork {
  readonly version: 4 | 6
  contains(address: string): boolean
}

/** Throws `bad-target` for what is neither an address nor a network, and for a network with bits set behind its prefix. */
export function compileIpNetwork(text: string): IpNetwork {
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const address = parseIpAddress(addressText)
  if (!address || rest.length > 0) throw invalid(text, 'Write an address, or a network such as 10.0.0.0/8.')
  const width = widthOf(address.version)
  const prefix = prefixText === undefined ? width : parsePrefix(prefixText, address.version)
  if (prefix === undefined) throw invalid(text, `A prefix is a number up to ${width}.`)
  const block = blockOf(address, prefix)
  if (block.bits !== address.bits) {
    throw invalid(text, `Bits are set behind the prefix; the network is ${formatIpBlock(block)}.`)
  }
  return {
    version: address.version,
    contains(candidate) {
      const other = parseIpAddress(candidate)
      return other !== undefined && isInBlock(other, block)
    },
  }
}

function invalid(text: string, hint: string): SaltError {
  return new SaltError('bad-target', `${quoted(text)} is not an IP address or network`, { hint })
}
