// A trust store of Java in the format JKS, which every version reads without a password if it has certificates only.
import { createHash } from 'node:crypto'

/** @param certificates in DER */
export function javaTrustStore(certificates: readonly Buffer[]): Buffer {
  const entries = certificates.map((certificate, index) =>
    Buffer.concat([number(2), utf(`ca-${index}`), Buffer.alloc(8), utf('X.509'), number(certificate.length), certificate]),
  )
  const store = Buffer.concat([number(0xfeedfeed), number(2), number(entries.length), ...entries])
  // Of the empty password, for a program that gives one.
  return Buffer.concat([store, createHash('sha1').update('Mighty Aphrodite').update(store).digest()])
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function utf(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length >> 8, value.length & 255]), Buffer.from(value)])
}
