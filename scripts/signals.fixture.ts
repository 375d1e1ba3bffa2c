// What run.test.ts starts by the wrapper: prints each signal that arrives, and ends at SIGTERM in a way of its own.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => console.log(signal))
process.on('SIGTERM', () => (process.argv[2] === 'killed' ? process.kill(process.pid, 'SIGKILL') : process.exit(7)))
setInterval(() => {}, 60_000)
console.log(`ready ${process.pid} ${process.ppid}`)
