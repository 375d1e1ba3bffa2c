// What every adapter must do, whatever its framework is.
import type { Requirement } from '../requirement.ts'
import type { Guard } from '../guard.ts'
import type { AdapterOptions } from './decide.ts'

export interface ContractRoute {
  readonly method: string
  /** Such as `/v1/partners/{sellerId}/orders`; the adapter under test writes it as its framework does. */
  readonly path: string
  readonly requires?: Requirement
  readonly public?: true
  /**
   * `access` answers with the JSON of {@link HandlerSaw} of `access`; `decision` the same of `decision`; `throws` throws an Error with the
   * message "the handler failed"; `echo` answers with the bytes of the request body, as they come.
   */
  readonly handler: 'access' | 'decision' | 'throws' | 'echo'
}

/** What a handler answers, for the test to look at; `handlerSaw()` makes it. */
export interface HandlerSaw {
  readonly allowed: boolean
  readonly code?: string
  readonly clientId?: string
  readonly organizationId?: string
  readonly requestorId?: string
}

export interface RunningApp {
  send(request: Request): Promise<Response>
  close(): Promise<void>
}

/** The request in the listeners is that of the framework, of which the suite knows nothing. */
export type ContractOptions = Omit<AdapterOptions<never>, 'guard'>

export interface AdapterUnderTest {
  readonly name: string
  /** The origin of the requests that `send` takes is `http://api.example.com`; one that listens replaces it. */
  start(guard: Guard, routes: readonly ContractRoute[], options: ContractOptions): Promise<RunningApp>
  /** `start()` rejects for a route that declares nothing, or is wrong; otherwise its first request gets 500. */
  readonly seesRoutesAtStart: boolean
}
