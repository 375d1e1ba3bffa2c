// The log: lines of JSON. No line has a token, a secret, a query or a header; of paths only that of a route that is not in the table.
export const logLevels = ['info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface Log {
  info(message: string, about?: object): void
  warn(message: string, about?: object): void
  error(message: string, about?: object): void
}

/** @param write receives each line with its line feed */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const line =
    (severity: LogLevel) =>
    (message: string, about: object = {}) => {
      if (logLevels.indexOf(severity) < logLevels.indexOf(level)) return
      write(`${JSON.stringify({ level: severity, time: new Date().toISOString(), ...about, msg: message })}\n`)
    }
  return Object.freeze({ info: line('info'), warn: line('warn'), error: line('error') })
}
