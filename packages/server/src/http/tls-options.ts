// TLS settings of a server that terminates TLS itself: TLS 1.2 or later, only forward secrecy and authenticated encryption, only
// HTTP/1.1.
import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'

export const tlsOptions = {
  minVersion: 'TLSv1.2',
  // All suites of TLS 1.3 are good; of 1.2 only these. The client's preference decides, because it knows what its hardware does
  // fast.
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: false,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  ALPNProtocols: ['http/1.1'],
  handshakeTimeout: 10_000,
} satisfies TlsOptions
