<?php
// This file is part of ltipolicy, a plugin for Moodle - https://moodle.org/
//
// It is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// It is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with it.  If not, see <https://www.gnu.org/licenses/>.

/**
 * Stand-in for mod/lti/locallib.php: what its two functions do, as far as the plugin relies on it.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Checks signature and the times that are there, with no leeway, and nothing else.
 *
 * @param string $jwt
 * @param string $keyseturl
 * @param string $clientid
 * @return stdClass claims
 */
function lti_verify_with_keyset($jwt, $keyseturl, $clientid) {
    [$head, $body, $signature] = explode('.', $jwt);
    $header = json_decode(unbase64url($head));
    $keys = array_filter(world::$keysets[$keyseturl] ?? [], fn($k) => $k['kid'] === ($header->kid ?? null));
    $key = reset($keys);
    if (!$key || $key['alg'] !== ($header->alg ?? null)) {
        throw new \UnexpectedValueException('Incorrect key for this algorithm');
    }
    if (openssl_verify("$head.$body", unbase64url($signature), jwk_to_pem($key), OPENSSL_ALGO_SHA256) !== 1) {
        throw new \Firebase\JWT\SignatureInvalidException('Signature verification failed');
    }
    $claims = json_decode(unbase64url($body));
    if (isset($claims->nbf) && $claims->nbf > world::$now || isset($claims->iat) && $claims->iat > world::$now) {
        throw new \Firebase\JWT\BeforeValidException('Cannot handle token yet');
    }
    if (isset($claims->exp) && world::$now >= $claims->exp) {
        throw new \Firebase\JWT\ExpiredException('Expired token');
    }
    return $claims;
}

/**
 * Signs flat parameters; the stand-in keeps them flat, so that a test sees what was to be signed.
 *
 * @param array $parms
 * @param string $endpoint
 * @param string $consumerkey
 * @param int $typeid
 * @param string $nonce
 * @return array
 */
function lti_sign_jwt($parms, $endpoint, $consumerkey, $typeid = 0, $nonce = '') {
    return ['id_token' => json_encode([
        'parameters' => $parms, 'endpoint' => $endpoint, 'aud' => $consumerkey, 'deployment' => $typeid, 'nonce' => $nonce,
    ])];
}
