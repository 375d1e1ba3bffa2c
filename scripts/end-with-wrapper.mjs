// Loaded by run.mjs into the process that it starts: ends that process when run.mjs was killed. Their channel closes then, whatever the
// reason. Without it a server would live on, with its port and its store, and nothing would pass signals to it.
if (process.env.COUNTERSIGN_WRAPPED) {
  // Neither inherited by further processes, which have no such channel, nor found by workers, which load this file too.
  delete process.env.COUNTERSIGN_WRAPPED
  // run.mjs says when it passes on a signal to stop: a second one would end a server at once.
  let isStopping = false
  process.on('message', () => (isStopping = true))
  // Process group 0 is that of this process, which run.mjs has made its leader: what it started ends as well.
  const end = () => isStopping || process.kill(0, 'SIGTERM')
  process.once('disconnect', end)
  process.channel?.unref()
  if (!process.connected) end()
}
