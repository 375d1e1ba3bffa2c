export const appNames = ['node-http', 'fastify', 'express', 'express, closed', 'koa', 'nest on express', 'nest on fastify'] as const
export type AppName = (typeof appNames)[number]
