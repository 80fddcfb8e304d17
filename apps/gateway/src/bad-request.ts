import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

const statusOf: Record<string, { status: number; message: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: "The headers are larger than 16 KiB together." },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: "The body's chunk extensions are too large." },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: "The request did not arrive in time." },
};

/** Answers what is no HTTP request, and so never reaches a route. */
export function answerBadRequest(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, message } = statusOf[error.code ?? ""] ?? { status: 400, message: "This is not an HTTP request." };
  const body = JSON.stringify({ error: { code: "INVALID_REQUEST", message } });
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Connection: close", "Content-Type: application/json; charset=utf-8"];
  socket.end(`${[...head, `Content-Length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`);
}
