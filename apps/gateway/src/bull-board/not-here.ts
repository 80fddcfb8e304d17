/** Says why the board cannot do what it offers; it shows the message. */
export async function notHere(message: string): Promise<never> {
  throw Object.assign(new Error(message), { statusCode: 400 });
}
