/*M!999999\- enable the sandbox mode */ 

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `mdl_tool_policy`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `mdl_tool_policy` (
  `id` bigint(10) NOT NULL AUTO_INCREMENT,
  `sortorder` mediumint(5) NOT NULL DEFAULT 999,
  `currentversionid` bigint(10) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `mdl_toolpoli_cur_ix` (`currentversionid`)
) ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci ROW_FORMAT=COMPRESSED COMMENT='Contains the list of policy documents defined on the site.';
/*!40101 SET character_set_client = @saved_cs_client */;

LOCK TABLES `mdl_tool_policy` WRITE;
/*!40000 ALTER TABLE `mdl_tool_policy` DISABLE KEYS */;
INSERT INTO `mdl_tool_policy` (`id`, `sortorder`, `currentversionid`) VALUES (1,10,11),
(2,12,12),
(3,14,13),
(4,16,14),
(5,18,15);
/*!40000 ALTER TABLE `mdl_tool_policy` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `mdl_tool_policy_versions`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `mdl_tool_policy_versions` (
  `id` bigint(10) NOT NULL AUTO_INCREMENT,
  `name` varchar(1333) NOT NULL DEFAULT '',
  `type` smallint(3) NOT NULL DEFAULT 0,
  `audience` smallint(3) NOT NULL DEFAULT 0,
  `archived` smallint(3) NOT NULL DEFAULT 0,
  `usermodified` bigint(10) NOT NULL,
  `timecreated` bigint(10) NOT NULL,
  `timemodified` bigint(10) NOT NULL,
  `policyid` bigint(10) NOT NULL,
  `agreementstyle` smallint(3) NOT NULL DEFAULT 0,
  `optional` smallint(3) NOT NULL DEFAULT 0,
  `revision` varchar(1333) NOT NULL DEFAULT '',
  `summary` longtext NOT NULL,
  `summaryformat` smallint(3) NOT NULL,
  `content` longtext NOT NULL,
  `contentformat` smallint(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `mdl_toolpolivers_use_ix` (`usermodified`),
  KEY `mdl_toolpolivers_pol_ix` (`policyid`)
) ENGINE=InnoDB AUTO_INCREMENT=10 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci ROW_FORMAT=COMPRESSED COMMENT='Holds versions of the policy documents';
/*!40101 SET character_set_client = @saved_cs_client */;

LOCK TABLES `mdl_tool_policy_versions` WRITE;
/*!40000 ALTER TABLE `mdl_tool_policy_versions` DISABLE KEYS */;
INSERT INTO `mdl_tool_policy_versions` (`id`, `name`, `type`, `audience`, `archived`, `usermodified`, `timecreated`, `timemodified`, `policyid`, `agreementstyle`, `optional`, `revision`, `summary`, `summaryformat`, `content`, `contentformat`) VALUES (11,'Правила коришћења рачунарских учионица',99,0,0,2,1790000000,1790000000,1,0,0,'1.0','Кратко: чувајте опрему.\r\n<b>Прочитајте до краја.</b>',0,'Универзитет у Старом Граду, Рачунски центар\r\nПравила важе од 1. октобра.\r\n\r\n<b>Члан 1.</b>\r\nУчионица ради од 8 до 20 часова,\r\nсуботом до 14 часова.\r\n<ul>\r\n<li>улаз: само са картицом</li>\r\n<li>храна: <del>дозвољена</del> забрањена</li>\r\n</ul>\r\n<b>Члан 2.</b>\r\nа) Лозинка се не даје никоме.\r\nб) Рачунар се закључава (Windows + L).\r\nв) Штампа се наплаћује по страни, A4 < A3.\r\n\r\nКо прекрши тачку б), губи приступ на 7 дана. <span style=\"display:none\">Интерно: питати декана.</span>\r\nПитања: <a href=\"mailto:rc@starigrad.example\">rc@starigrad.example</a>',0),
(12,'Acord de prelucrare a imaginilor',1,0,0,2,1790000000,1790000000,2,0,0,'2026/2','<p dir=\"ltr\" style=\"text-align: left;\">Fotografii la <strong>evenimente</strong>.<br></p>',1,'<h3 style=\"text-align: center;\">Acord privind imaginile</h3>\r\n<p class=\"MsoNormal\"><span lang=\"RO\">Universitatea „Dosoftei” fotografiază evenimentele publice<a href=\"#_ftn1\" name=\"_ftnref1\" title=\"\"><span class=\"MsoFootnoteReference\"><span style=\"font-size: 11pt; font-family: Calibri, sans-serif;\">[1]</span></span></a>. <span style=\"text-decoration: line-through;\">Nu</span> Puteți refuza.</span></p>\r\n<ol style=\"list-style-type: lower-alpha;\"><li>în sală, <em>fără bliț</em>;</li><li>în curte;</li><li>pe scenă, numai la 10<sup>2</sup> cm de marcaj.</li></ol>\r\n<p>Litera c nu se aplică minorilor. <span style=\"color: rgb(255, 255, 255);\">Text alb.</span></p>\r\n<p><img src=\"@@PLUGINFILE@@/plan%20sala.png\" alt=\"Planul sălii\" width=\"300\" height=\"200\" class=\"img-fluid atto_image_button_text-bottom\"><br></p>\r\n<table border=\"1\" class=\"table table-striped\"><caption style=\"caption-side: top\">Termene</caption><thead><tr><th scope=\"col\">Fotografii</th><th scope=\"col\">Păstrate</th></tr></thead><tbody><tr><td>de grup</td><td rowspan=\"2\">un an</td></tr><tr><td>individuale</td></tr></tbody></table>\r\n<div id=\"ftn1\"><p class=\"MsoFootnoteText\"><a href=\"#_ftnref1\" name=\"_ftn1\" title=\"\"><span class=\"MsoFootnoteReference\">[1]</span></a><span lang=\"RO\"> Inclusiv festivitățile.</span></p></div>\r\n<p id=\"yui_3_17_2_1_1700000000000_1234\"><a href=\"https://moodle.dosoftei.example/mod/forum/view.php?id=7&amp;f=1\" target=\"_blank\" rel=\"noopener\">Întrebări</a> <i class=\"icon fa fa-question-circle\" aria-hidden=\"true\"></i></p>',1),
(13,'Rules of the language lab',0,0,0,2,1790000000,1790000000,3,0,0,'','Read before you book.',2,'RULES OF THE LANGUAGE LAB\r\nMarlow College\r\n\r\n1. Booking\r\n   (a) by e-mail to lab@marlow.example,\r\n   (b) at least 24 h (i.e. > 1 day) before.\r\n\r\n2. In the lab\r\n   - no food & no drinks\r\n   - headphones on <the red hook>\r\n\r\nA fee of 5 EUR is due under 1(b) \"late booking\".',2),
(14,'Política de cookies',2,0,0,2,1790000000,1790000000,4,0,0,'v3','Em **resumo**: dois cookies.',4,'# Política de cookies {#topo}\r\n\r\nO portal da Universidade de Vale Formoso usa cookies[^lei]. Ver [os prazos](#prazos).\r\n\r\n1. Necessários\r\n    - sessão\r\n    - ~~publicidade~~ idioma\r\n2. Opcionais, só com *consentimento*\r\n\r\n## Prazos {#prazos}\r\n\r\n| Cookie | Prazo | Finalidade |\r\n|:-------|------:|------------|\r\n| `MoodleSession` | sessão | entrada |\r\n| `_pk_id` | 13 meses | estatística \\| medição |\r\n\r\nTermo\r\n: Cookie é um pequeno ficheiro.\r\n\r\nContacto: <dpo@valeformoso.example>, ou [Nome do responsável].\r\n\r\n[^lei]: Lei n.º 41/2004, artigo 5.º\r\n\r\n    Com as alterações da Lei n.º 46/2012.',4),
(15,'{mlang lt}Bibliotekos taisyklės{mlang}{mlang en}Library rules{mlang}',99,0,0,2,1790000000,1790000000,5,0,0,'1','<p>{mlang lt}Trumpai{mlang}{mlang en}In short{mlang}</p>',1,'<p>{mlang lt}Šilo akademijos biblioteka{mlang}{mlang en}Library of the Šilas Academy{mlang}</p>\r\n{mlang lt}<ol type=\"I\"><li>Tyla privaloma.</li><li>Knygos grąžinamos per <u>30</u> dienų.</li></ol>{mlang}{mlang en}<ol type=\"I\"><li>Silence is kept.</li><li>Books come back within <u>30</u> days.</li></ol>{mlang}\r\n<p>{mlang lt}Pagal II punktą{mlang}{mlang en}Under item II{mlang}: <a href=\"@@PLUGINFILE@@/Taisykl%C4%97s.pdf\">PDF</a>, tel. +370&nbsp;600&nbsp;00000</p>',1);
/*!40000 ALTER TABLE `mdl_tool_policy_versions` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `mdl_tool_policy_acceptances`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `mdl_tool_policy_acceptances` (
  `id` bigint(10) NOT NULL AUTO_INCREMENT,
  `policyversionid` bigint(10) NOT NULL,
  `userid` bigint(10) NOT NULL,
  `status` tinyint(1) DEFAULT NULL,
  `lang` varchar(30) NOT NULL DEFAULT '',
  `usermodified` bigint(10) NOT NULL,
  `timecreated` bigint(10) NOT NULL,
  `timemodified` bigint(10) NOT NULL,
  `note` longtext DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `mdl_toolpoliacce_poluse_uix` (`policyversionid`,`userid`),
  KEY `mdl_toolpoliacce_pol_ix` (`policyversionid`),
  KEY `mdl_toolpoliacce_use_ix` (`userid`),
  KEY `mdl_toolpoliacce_use2_ix` (`usermodified`)
) ENGINE=InnoDB AUTO_INCREMENT=608 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci ROW_FORMAT=COMPRESSED COMMENT='Tracks users accepting the policy versions';
/*!40101 SET character_set_client = @saved_cs_client */;

LOCK TABLES `mdl_tool_policy_acceptances` WRITE;
/*!40000 ALTER TABLE `mdl_tool_policy_acceptances` DISABLE KEYS */;
/*!40000 ALTER TABLE `mdl_tool_policy_acceptances` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

