export const nodeAppNames = ['node-http', 'fastify', 'express', 'express, closed', 'koa', 'nest on express', 'nest on fastify'] as const
export const webAppNames = ['fetch, handler', 'fetch, table', 'hono', 'hono, closed', 'lambda'] as const
export const appNames = [...nodeAppNames, ...webAppNames]
export type NodeAppName = (typeof nodeAppNames)[number]
export type WebAppName = (typeof webAppNames)[number]
export type AppName = NodeAppName | WebAppName
