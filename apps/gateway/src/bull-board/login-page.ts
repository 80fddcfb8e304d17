/** The page that asks for an admin key. Everything it needs is in it. */
export function loginPage(message = ""): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>llm-router</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; color: #1c2430; background: #f4f6f8; }
  form { background: #fff; padding: 2rem; border-radius: 8px; width: 20rem; box-shadow: 0 1px 4px #0003; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; }
  input, button { font: inherit; padding: .5rem; margin-top: .5rem; }
  p { color: #a32020; min-height: 1.5em; margin: .5rem 0 0; }
</style>
<form method="post" action="login">
  <h1>llm-router</h1>
  <label>Admin key <input type="password" name="key" autocomplete="current-password" required autofocus></label>
  <button>Open the board</button>
  <p role="alert">${message}</p>
</form>
</html>
`;
}
