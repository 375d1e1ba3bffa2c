// What run.test.ts starts by the wrapper: prints each signal that arrives, and ends at SIGTERM in a way of its own.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => console.log(signal))
const ends = {
  killed: () => process.kill(process.pid, 'SIGKILL'),
  slow() {
    process.on('disconnect', () => console.log('disconnected'))
    process.on('SIGHUP', () => process.exit())
  },
  usual: () => process.exit(7),
}
process.on('SIGTERM', ends[(process.argv[2] ?? 'usual') as keyof typeof ends])
setInterval(() => {}, 60_000)
console.log(`ready ${process.pid} ${process.ppid}`)
