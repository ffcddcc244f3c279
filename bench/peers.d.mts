export function peersPython(environment?: string): string | undefined;
export function setUpPeers(environment?: string): string;
