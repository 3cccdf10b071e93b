<?php
// The official PHP SDK of OSS: a bucket's life, objects, parts, copies, signed URLs, lists.
// OSS_PHP_SDK names the SDK's folder, in which `autoload.php` is.

require_once getenv('OSS_PHP_SDK') . '/autoload.php';

use OSS\Core\OssException;
use OSS\Credentials\StaticCredentialsProvider;
use OSS\Model\Tag;
use OSS\Model\TaggingConfig;
use OSS\OssClient;

const BUCKET = 'made-by-php';
const NAME = '目录/a b+c.mp4';

$film = getenv('FILM');
$key = [getenv('ALIBABA_CLOUD_ACCESS_KEY_ID'), getenv('ALIBABA_CLOUD_ACCESS_KEY_SECRET')];
$client = new OssClient([
    'provider' => new StaticCredentialsProvider(...$key),
    'endpoint' => 'http://' . getenv('ENDPOINT'),
    'region' => 'cn-shanghai',
    'signatureVersion' => getenv('SIGNATURE') === 'v4'
        ? OssClient::OSS_SIGNATURE_VERSION_V4
        : OssClient::OSS_SIGNATURE_VERSION_V1,
]);

$client->createBucket(BUCKET);
$client->putObject(BUCKET, NAME, 'content');
$read = $client->getObject(BUCKET, NAME);
$client->multiuploadFile(BUCKET, 'film', $film, ['partSize' => 102400]);
$same = $client->getObject(BUCKET, 'film') === file_get_contents($film);
$client->copyObject(BUCKET, 'film', BUCKET, 'film-2');
$tags = new TaggingConfig();
$tags->addTag(new Tag('k', 'v'));
$client->putObjectTagging(BUCKET, 'film', $tags);
$signed = file_get_contents($client->signUrl(BUCKET, NAME, 60));
$keys = [];
$all = ['max-keys' => 100, 'delimiter' => '']; // the default is `/`
foreach ($client->listObjectsV2(BUCKET, $all)->getObjectList() as $found) {
    $keys[] = $found->getKey();
}
$absent = null;
try {
    $client->getObject(BUCKET, 'none');
} catch (OssException $error) {
    $absent = [(int) $error->getHTTPStatus(), $error->getErrorCode()];
}
$info = $client->getBucketInfo(BUCKET);
$client->deleteObjects(BUCKET, $keys);
$client->deleteBucket(BUCKET);

echo json_encode([
    'location' => $info->getLocation(),
    'read' => $read,
    'same' => $same,
    'signed' => $signed,
    'keys' => $keys,
    'absent' => $absent,
]), "\n";
