// What the tests of one adapter share: one app, whose guard they exchange.
import type { Server } from 'node:http'
import type { GuardDecision } from '../guard-decision.ts'
import type { aRealm, TestRealm } from '../guard.fixture.ts'

export interface RunningApp {
  send(request: Request): Promise<Response>
  close(): Promise<void>
  /** Of an app that listens; then it is also sent what no `Request` can be. */
  readonly port?: number
  /** The same. */
  readonly server?: Server
}

export interface ContractApp {
  readonly name: string
  /** A realm whose guard the app asks from now on. */
  use(options?: Parameters<typeof aRealm>[0]): TestRealm
  send(path: string, init?: RequestInit & { readonly duplex?: 'half' }): Promise<Response>
  readonly told: GuardDecision[]
  readonly undecided: unknown[]
  running(): Promise<RunningApp>
}
