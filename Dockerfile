# The service by itself: a Postgres of its own is chosen with DATABASE_URL, as in docker-compose.yml.
FROM node:24-slim
WORKDIR /orrery
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY . .
# Inside a container "this machine only" is nobody: the port is published by whoever runs it.
ENV HOST=0.0.0.0 PORT=4000 ORRERY_DATA=/data
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 4000
STOPSIGNAL SIGTERM
CMD ["node", "src/start.js"]
