// GET /call makes a backend call the API; it answers 200 if the API did.
import { createServer } from 'node:http'

export function serve(callApi) {
  createServer(async (request, response) => {
    try {
      const status = await callApi()
      response.writeHead(status === 200 ? 200 : 502).end()
    } catch (error) {
      console.error(error.message)
      response.writeHead(502).end()
    }
  }).listen(process.env.PORT, '127.0.0.1')
}
