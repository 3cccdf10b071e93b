// Shows openapi.yaml. "Execute" calls the functions of this machine, as alice.
"use strict";
(() => {
  // The document names example servers. The functions are where this page comes from.
  const ownServer = () => ({
    statePlugins: {
      spec: {
        wrapActions: {
          updateJsonSpec: (update) => (document) =>
            update({ ...document, servers: [{ url: location.origin, description: "make run" }] }),
        },
      },
    },
  });

  async function signIn(ui) {
    // With an issuer of one's own there are no development tokens.
    const { issuesTokens } = await (await fetch("/_local/config")).json();
    if (!issuesTokens) return;
    const answer = await fetch("/_local/token", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sub: "alice" }),
    });
    if (answer.ok) ui.preauthorizeApiKey("token", (await answer.json()).token);
  }

  const ui = window.SwaggerUIBundle({
    dom_id: "#reference",
    url: "/openapi.yaml",
    plugins: [ownServer],
    validatorUrl: null,
    tryItOutEnabled: true,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    requestSnippetsEnabled: false,
    onComplete: () => {
      document.body.dataset.ready = "true";
      signIn(ui);
    },
  });
})();
