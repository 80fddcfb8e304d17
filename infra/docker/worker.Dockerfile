# A worker. Build from the repository's root: docker build -f infra/docker/worker.Dockerfile -t llm-router-worker .
FROM node:24.21.0-bookworm-slim

WORKDIR /app
ENV CI=true
COPY . .
# Node is in the image already: the copy that development pins is left out.
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile --prod --filter "@llm-router/worker..."

ENV NODE_ENV=production
USER node
# Drains on SIGTERM. Health: /healthz and /readyz on WORKER_PORT.
CMD ["node", "apps/worker/src/main.ts"]
