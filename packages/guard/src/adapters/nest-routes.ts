// Checks at the start of a Nest application that each handler of its controllers declares what it requires, and that gateways of WebSockets are
// meant to be open.
import { RequestMethod, type OnApplicationBootstrap, type Type } from '@nestjs/common'
import { Reflector, type ApplicationConfig, type DiscoveryService, type MetadataScanner, type ModulesContainer } from '@nestjs/core'
import type { Guard } from '../guard.ts'
import { findRule } from './nest-rules.ts'
import { templateParamNames, toTemplate } from './path-template.ts'
import { checkRoute, readRouteRule } from './route-rule.ts'

interface NestHandler {
  readonly name: string
  readonly handler: () => unknown
  readonly controller: Type
  /** Each with its method; without prefixes that are not known here. */
  readonly paths: readonly string[]
  readonly method: string
  /** Parameters of the paths and of what may stand before them. */
  readonly paramNames: readonly string[]
  readonly isWhole: boolean
}

export class NestRoutes implements OnApplicationBootstrap {
  readonly #reflector = new Reflector()
  readonly #guard: Guard
  readonly #open: readonly Type[]
  readonly #discovery: DiscoveryService
  readonly #scanner: MetadataScanner
  readonly #modules: ModulesContainer
  readonly #config: ApplicationConfig

  constructor(
    guard: Guard,
    open: readonly Type[],
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    modules: ModulesContainer,
    config: ApplicationConfig,
  ) {
    this.#guard = guard
    this.#open = open
    this.#discovery = discovery
    this.#scanner = scanner
    this.#modules = modules
    this.#config = config
  }

  /** @throws TypeError naming every handler with a fault */
  onApplicationBootstrap(): void {
    const faults = [...this.#gatewayFaults(), ...this.#handlers().flatMap((each) => this.#faultOf(each) ?? [])]
    if (faults.length > 0) throw new TypeError(faults.join('\n'))
  }

  /** A gateway gets its connections beside all routes: guards of Nest see only the messages that come later. */
  #gatewayFaults(): string[] {
    const gateways = this.#discovery.getProviders().flatMap(({ metatype }) => {
      const isGateway = typeof metatype === 'function' && this.#reflector.get<unknown>('websockets:is_gateway', metatype) === true
      return isGateway ? [metatype as Type] : []
    })
    return [...new Set(gateways)]
      .filter((gateway) => !this.#open.includes(gateway) && findRule(this.#reflector, gateway, gateway)?.public !== true)
      .map(
        ({ name }) =>
          `${name} takes WebSocket connections, on which no guard decides; ask the guard in its handleConnection(), and make it @Public()`,
      )
  }

  #faultOf({ name, handler, controller, paths, method, paramNames, isWhole }: NestHandler): string | undefined {
    const rule = findRule(this.#reflector, handler, controller)
    if (!rule && this.#open.includes(controller)) return undefined
    if (rule && this.#open.includes(controller) && !rule.public)
      return `${name} is guarded, and "open" names ${controller.name}; remove one of the two`
    if (!rule)
      return `${name} has neither @Requires() nor @Public(); add one of them, or name a controller of another module in "open" of forRoot()`
    try {
      const requires = readRouteRule(rule, name)
      if (!requires) return undefined
      // A path that is not whole is not reported before its first request.
      const methods = isWhole ? [method] : []
      this.#guard.checkRequirement(requires, paramNames)
      for (const template of paths) checkRoute(this.#guard, requires, { methods, template, paramNames }, name)
      return undefined
    } catch (error) {
      const { message } = error as Error
      return message.startsWith(name) ? message : `${name}: ${message}`
    }
  }

  #handlers(): NestHandler[] {
    return this.#discovery.getControllers().flatMap(({ metatype, host }) => {
      if (typeof metatype !== 'function') return []
      const prototype = metatype.prototype as Record<string, () => unknown>
      const before = [this.#config.getGlobalPrefix() ?? '', this.#modulePath(host?.metatype)]
      return this.#scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name]
        const path = handler && this.#reflector.get<unknown>('path', handler)
        if (!handler || path === undefined) return []
        return [this.#describe(name, handler, metatype as Type, before)]
      })
    })
  }

  #describe(name: string, handler: () => unknown, controller: Type, before: readonly string[]): NestHandler {
    const own = [this.#reflector.get<string | string[]>('path', handler)].flat()
    const above = [this.#reflector.get<string | string[] | undefined>('path', controller) ?? ''].flat()
    const [prefix = '', modulePath] = before
    const paths = above.flatMap((base) => own.map((path) => joined([prefix, base, path])))
    const method = this.#reflector.get<RequestMethod | undefined>('method', handler) ?? RequestMethod.GET
    return {
      name: `${controller.name}.${name}()`,
      handler,
      controller,
      paths,
      method: RequestMethod[method] ?? 'GET',
      paramNames: [...paths, toTemplate(modulePath) ?? ''].flatMap(templateParamNames),
      isWhole: modulePath === '' && this.#config.getVersioning() === undefined && method !== RequestMethod.ALL,
    }
  }

  /** That of RouterModule. */
  #modulePath(module: unknown): string {
    if (typeof module !== 'function') return ''
    const path = this.#reflector.get<unknown>(`__module_path__${this.#modules.applicationId}`, module as () => unknown)
    return typeof path === 'string' ? path : ''
  }
}

function joined(parts: readonly string[]): string {
  const path = parts.map((part) => part.replace(/^\/|\/$/g, '')).filter((part) => part !== '')
  return toTemplate(`/${path.join('/')}`) ?? '/'
}
