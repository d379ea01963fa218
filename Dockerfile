# syntax=docker/dockerfile:1

# The runtime that the lockfile pins; test/compose compares both.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY bin bin
COPY tools tools
COPY src src
COPY workflows workflows
COPY activities activities
RUN npm run build && test -f dist/workflow-bundle.js

FROM node:${NODE_VERSION}-bookworm-slim AS production-dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The image already has the pinned runtime, so npm's copy (100 MB) is removed.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node-linux-* node_modules/node-win-* node_modules/.bin/node

# Temporal's native core needs glibc and root certificates, so the image is Debian; Alpine has musl.
FROM node:${NODE_VERSION}-bookworm-slim AS app
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
# Other containers and the platform reach a process only when it listens on every address of its container.
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps HOST=0.0.0.0 HEALTH_PORT=9090
WORKDIR /app
COPY --from=production-dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY bin bin
# `orders` runs the build of this image, which has no tools to install or build.
RUN ln -s /app/bin/orders.mjs /usr/local/bin/orders
USER node
EXPOSE 3000 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/bin/image-health.mjs"]
CMD ["node", "dist/src/api.js"]

# The Temporal server of `npm start`, from the same pinned module. The published image has moved its binary between tags,
# which would break the health check.
FROM golang:1.25-bookworm AS temporal-build
WORKDIR /build
COPY tools/temporal/go.mod tools/temporal/go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
  CGO_ENABLED=0 go build -mod=readonly -o /temporal github.com/temporalio/cli/cmd/temporal

FROM debian:bookworm-slim AS temporal
RUN useradd --create-home --uid 1000 temporal && install -d -o temporal -g temporal /data
COPY --from=temporal-build /temporal /usr/local/bin/temporal
USER temporal
VOLUME /data
EXPOSE 7233 8233
ENTRYPOINT ["temporal"]
CMD ["server", "start-dev", "--ip", "0.0.0.0", "--db-filename", "/data/temporal.db"]

# The default target of `docker build .`.
FROM app
