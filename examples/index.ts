// The four systems of the seeds as the demo serves them: realm, sample API and paths of each.
import { readFileSync } from 'node:fs'
import type { FastifyPluginAsync } from 'fastify'
import type { RemoteGuardOptions } from '@countersign/guard'
import { novatrade24Api } from './novatrade24/api.ts'
import { stockApi } from './novatrade24/stock-api.ts'
import { nxtsoftApi } from './nxtsoft/api.ts'
import { partnerApi } from './partner-api/api.ts'
import { ptvApi } from './ptv/api.ts'

export type SampleApi = FastifyPluginAsync<Pick<RemoteGuardOptions, 'issuer' | 'credentials' | 'clockSkewSeconds'>>

export interface ExampleSystem {
  /** The name of its realm. */
  readonly realm: string
  readonly api: SampleApi
  /** Further APIs of the same provider, by their path below that of the system. */
  readonly furtherApis: Readonly<Record<string, SampleApi>>
  /** The YAML of the realm, as under "realms:" in a configuration file. */
  readonly realmYaml: string
}

export const exampleSystems = {
  novatrade24: describe('novatrade24', 'nt24-idp', novatrade24Api, { stock: stockApi }),
  'partner-api': describe('partner-api', 'partner-api', partnerApi),
  ptv: describe('ptv', 'prod', ptvApi),
  nxtsoft: describe('nxtsoft', 'nxtsoft', nxtsoftApi),
} as const satisfies Record<string, ExampleSystem>

export type SystemName = keyof typeof exampleSystems

function describe(folder: string, realm: string, api: SampleApi, furtherApis: ExampleSystem['furtherApis'] = {}): ExampleSystem {
  return { realm, api, furtherApis, realmYaml: readFileSync(new URL(`./${folder}/realm.yaml`, import.meta.url), 'utf8') }
}
