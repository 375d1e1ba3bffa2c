// A client of the demo with a key in place of a secret: the private key is a file beside the other secrets of the demo, and the server
// gets the public key only.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { AdminClient } from '@countersign/admin'
import type { DemoKeyedClient } from '../home.ts'

const keyId = 'demo-1'

/** Another client of an organization that exists. */
export async function seedKeyedClient(admin: AdminClient, realm: string, organization: string, keyFile: string): Promise<DemoKeyedClient> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  writeFileSync(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  const { client } = await admin.call('clients.create', {
    params: { realm },
    body: {
      organization,
      name: `Backend of ${organization}, with a key`,
      clientId: `api-client-${organization}-key`,
      key: { ...publicKey.export({ format: 'jwk' }), kid: keyId },
    },
  })
  return { clientId: client.clientId, keyFile, keyId }
}
