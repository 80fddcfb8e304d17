# llm-router's command, for workers, gateways and everything else. Build from the repository's root:
#   docker build -f infra/docker/llm-router.Dockerfile -t llm-router .
FROM node:24.21.0-bookworm-slim

WORKDIR /app
ENV CI=true
COPY . .
# Node is in the image already: the copy that development pins is left out.
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile --prod --filter "@llm-router/cli..."

ENV NODE_ENV=production
USER node
# Both drain on SIGTERM. Health: /healthz and /readyz, of a worker on WORKER_PORT, of a gateway on PORT.
ENTRYPOINT ["node", "apps/cli/src/main.ts"]
CMD ["worker"]
