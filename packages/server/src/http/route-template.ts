/** The pattern of the framework as guards report a route: `/v1/orders/:id` is `/v1/orders/{id}`. */
export function routeTemplate(pattern: string): string {
  return pattern.replaceAll(/:(\w+)/g, '{$1}')
}
