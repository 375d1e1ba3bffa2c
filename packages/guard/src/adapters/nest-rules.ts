// What the decorators of handlers and controllers declare, as metadata of Nest.
import { SetMetadata } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { RouteRule } from './route-rule.ts'

const ruleKey = 'countersign:rule'

/** @throws TypeError, when the class is defined, if the handler or controller has a rule already */
export function declareRule(rule: RouteRule): MethodDecorator & ClassDecorator {
  const reflector = new Reflector()
  return (target: object, _key?: string | symbol, descriptor?: { readonly value?: unknown }) => {
    const decorated = (descriptor?.value ?? target) as () => unknown
    const known = reflector.get<RouteRule | undefined>(ruleKey, decorated)
    // A controller may declare something else than the one that it extends.
    if (known && known !== reflector.get<RouteRule | undefined>(ruleKey, Object.getPrototypeOf(decorated) as () => unknown))
      throw new TypeError(`${decorated.name} has two of @Requires() and @Public(); remove one of them`)
    SetMetadata(ruleKey, rule)(decorated)
  }
}

/** That of the handler, otherwise that of its controller. */
export function findRule(reflector: Reflector, handler: unknown, controller: unknown): RouteRule | undefined {
  return reflector.getAllAndOverride<RouteRule | undefined>(ruleKey, [handler, controller] as never)
}
