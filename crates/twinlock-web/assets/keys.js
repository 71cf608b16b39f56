// Security keys: a button asks the server what to ask, the browser asks the key, and the answer leaves with the form.

const known = globalThis.PublicKeyCredential;
const supported = known && known.parseCreationOptionsFromJSON && known.parseRequestOptionsFromJSON;

/** What to ask; a page in its place (signed out, or a proof is wanted first) is gone to. */
async function asked(form) {
  const sent = [...new FormData(form)].filter(([name]) => name === "label" || name === "replaces");
  const answer = await fetch(form.dataset.key, { method: "POST", body: new URLSearchParams(sent) });
  if (answer.redirected) location.assign(answer.url);
  if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function touched({ register, options }) {
  const credential = register
    ? await navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential.toJSON());
}

for (const form of document.querySelectorAll("form[data-key]")) {
  const button = form.querySelector("[data-key-button]");
  const said = form.querySelector("[data-key-said]");
  const say = (words) => {
    said.querySelector("span").textContent = words;
    said.hidden = false;
  };
  if (!supported) {
    say(said.dataset.unsupported);
    continue;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.hidden = true;
    button.setAttribute("aria-busy", "true");
    try {
      const question = await asked(form);
      form.elements.credential.value = await touched(question);
      if (question.id) form.action = `${form.dataset.done}/${question.id}`;
      form.submit();
    } catch (error) {
      const cancelled = error.name === "NotAllowedError" || error.name === "AbortError";
      const again = error.name === "InvalidStateError";
      say(again ? said.dataset.again : cancelled ? said.dataset.cancelled : said.dataset.failed);
      button.removeAttribute("aria-busy");
      button.focus();
    }
  });
}
